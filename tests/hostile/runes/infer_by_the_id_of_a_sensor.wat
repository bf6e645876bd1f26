;; Takes a sensor for a model.
;; as: original
;; expect: call 1 TRAP rune_model_infer: nothing is bound to that id
(module (import "env" "request_capability" (func $capability (param i32) (result i32)))
  (import "env" "rune_model_infer" (func $infer (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (drop (call $capability (i32.const 1))) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32)
    (drop (call $infer (i32.const 1) (i32.const 0) (i32.const 0))) (i32.const 0)))
