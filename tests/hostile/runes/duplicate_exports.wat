;; Exports two functions by one name.
;; as: block
;; replace: 74 72 61 6e 73 66 6f 72 58 -> 74 72 61 6e 73 66 6f 72 6d
;; expect: start WASM_REFUSED two exports have one name
(module (memory (export "memory") 1)
  (func (export "transforX") (result i32) (i32.const 1))
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
