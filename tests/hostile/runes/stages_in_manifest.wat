;; Reads its sensor before it was admitted.
;; as: rune
;; asks: yes
;; expect: start TRAP run: the container has no pipeline
(module (import "runic" "run" (func $run (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (drop (call $run (i32.const 0) (i32.const 2)))
    (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
