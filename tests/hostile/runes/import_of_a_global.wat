;; Imports a number that starts its data segment.
;; as: original
;; expect: start WASM_REFUSED only functions can be imported
(module (import "env" "place" (global $place i32)) (memory (export "memory") 1)
  (data (global.get $place) "a")
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
