;; A custom block that wants to run before it is called.
;; as: block
;; expect: start WASM_REFUSED there may be no start function
(module (memory (export "memory") 1)
  (func $start (unreachable))
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0))
  (start $start))
