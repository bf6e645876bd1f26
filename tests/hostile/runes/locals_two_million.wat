;; A function with two million locals, which takes three bytes to say.
;; as: block
;; replace: a0 9c 01 7e -> ff ff 7f 7e
;; expect: start WASM_REFUSED locals
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    {20000*(local i64) }
    (i32.const 0)))
