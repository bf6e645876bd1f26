;; Keeps the list of a model's inputs where the memory ends.
;; as: original
;; file: 4096 sine/sine_float.tflite
;; expect: call 1 TRAP rune_model_infer: a pointer or length lies outside the memory
(module (import "env" "rune_model_load"
    (func $load (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "rune_model_infer" (func $infer (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "application/tflite-model")
  (data (i32.const 64) "f32[1, 1]")
  (data (i32.const 80) "\40\00\00\00\09\00\00\00")
  (func (export "_manifest") (result i32)
    (drop (call $load (i32.const 0) (i32.const 24) (i32.const 4096) (i32.const {file_bytes})
      (i32.const 80) (i32.const 1) (i32.const 80) (i32.const 1)))
    (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32)
    (call $infer (i32.const 1) (i32.const 65534) (i32.const 128))))
