;; Describes its model's input by a text that is no type.
;; as: original
;; expect: start MODEL_REFUSED is no tensor type
(module (import "env" "rune_model_load"
    (func $load (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "application/tflite-model")
  (data (i32.const 64) "f32[999999999999999999999, -1, x]")
  (data (i32.const 128) "\40\00\00\00\21\00\00\00")
  (func (export "_manifest") (result i32)
    (drop (call $load (i32.const 0) (i32.const 24) (i32.const 256) (i32.const 64)
      (i32.const 128) (i32.const 1) (i32.const 0) (i32.const 0)))
    (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
