;; A manifest that sets an argument which the block does not have.
;; as: block
;; block: {"args": {"gain": 1}}
;; expect: start WASM_REFUSED no exported function set_gain
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
