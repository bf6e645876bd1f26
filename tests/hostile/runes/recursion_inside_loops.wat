;; Each level enters eight loops: native stack, not wasm's, is what it takes.
;; as: block
;; expect: call 1 TRAP stack overflow
(module (memory (export "memory") 1)
  (func $f (loop (loop (loop (loop (loop (loop (loop (loop (call $f))))))))))
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (call $f) (i32.const 0)))
