;; Opens, reads and closes what it does not have; each answers -1 or nothing.
;; as: original
;; expect: runs 2
(module (import "env" "rune_resource_open" (func $open (param i32 i32) (result i32)))
  (import "env" "rune_resource_read" (func $read (param i32 i32 i32) (result i32)))
  (import "env" "rune_resource_close" (func $close (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "../../keys")
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (local $id i32)
    (local.set $id (call $open (i32.const 0) (i32.const 10)))
    (drop (call $close (local.get $id)))
    (drop (call $close (local.get $id)))
    (i32.ne (local.get $id) (i32.const -1))))
