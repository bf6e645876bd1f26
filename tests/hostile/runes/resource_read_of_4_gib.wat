;; Reads 2^32-1 bytes of a resource.
;; as: original
;; expect: call 1 TRAP rune_resource_read: a pointer or length lies outside the memory
(module (import "env" "rune_resource_read" (func $read (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32)
    (drop (call $read (i32.const 1) (i32.const 0) (i32.const -1))) (i32.const 0)))
