;; Says that its model has 2^29+1 tensors, whose descriptors take 8 bytes if one counts in 32 bits.
;; as: original
;; expect: start TRAP a model has at most 32 tensors a side
(module (import "env" "rune_model_load"
    (func $load (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "application/tflite-model")
  (func (export "_manifest") (result i32)
    (drop (call $load (i32.const 0) (i32.const 24) (i32.const 64) (i32.const 64)
      (i32.const 128) (i32.const 0x20000001) (i32.const 0) (i32.const 0)))
    (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
