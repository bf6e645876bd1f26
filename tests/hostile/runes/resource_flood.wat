;; Opens what is there ten thousand times and closes none.
;; as: original
;; resource: WORD
;; expect: runs 2
(module (import "env" "rune_resource_open" (func $open (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "WORD")
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (local $left i32)
    (local.set $left (i32.const 10000))
    (loop
      (drop (call $open (i32.const 0) (i32.const 4)))
      (br_if 0 (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (i32.const 0)))
