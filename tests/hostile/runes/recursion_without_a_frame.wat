;; Recursion that takes next to nothing of wasm's own stack, and the native one's all the more.
;; as: block
;; expect: call 1 TRAP stack overflow
(module (memory (export "memory") 1)
  (func $f (call $f))
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (call $f) (i32.const 0)))
