;; Hands over as a model whatever is in its memory.
;; as: original
;; expect: start MODEL_REFUSED
(module (import "env" "rune_model_load"
    (func $load (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "application/tflite-model")
  (data (i32.const 64) "\18\00\00\00TFL3")
  (func (export "_manifest") (result i32)
    (drop (call $load (i32.const 0) (i32.const 24) (i32.const 64) (i32.const 4096)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
    (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
