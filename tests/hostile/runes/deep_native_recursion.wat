;; Asks for a large stack of wasm, so that the native one ends first.
;; as: block
;; block: {"stack_bytes": 65536}
;; expect: call 1 TRAP stack overflow
(module (memory (export "memory") 1)
  (func $f (loop (loop (loop (loop (loop (loop (loop (loop (call $f))))))))))
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (call $f) (i32.const 0)))
