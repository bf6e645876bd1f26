;; Hands over a model of 2^32-1 bytes.
;; as: original
;; expect: start TRAP rune_model_load: a pointer or length lies outside the memory
(module (import "env" "rune_model_load"
    (func $load (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "application/tflite-model")
  (func (export "_manifest") (result i32)
    (drop (call $load (i32.const 0) (i32.const 24) (i32.const 64) (i32.const -1)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
    (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
