;; Runs stages that its manifest does not have.
;; as: rune
;; expect: call 1 CALL_FAILED
(module (import "runic" "run" (func $run (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32)
    (call $run (i32.const 3) (i32.const -1))))
