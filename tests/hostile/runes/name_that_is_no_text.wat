;; An export whose name is no UTF-8.
;; as: block
;; replace: 51 51 51 -> ff c0 80
;; expect: start WASM_REFUSED a name is not UTF-8
(module (memory (export "memory") 1)
  (func (export "QQQ"))
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
