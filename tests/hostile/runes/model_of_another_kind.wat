;; Hands over a model for another runtime.
;; as: original
;; expect: start MODEL_REFUSED application/onnx-model
(module (import "env" "rune_model_load"
    (func $load (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "application/onnx-model")
  (func (export "_manifest") (result i32)
    (drop (call $load (i32.const 0) (i32.const 22) (i32.const 64) (i32.const 64)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
    (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
