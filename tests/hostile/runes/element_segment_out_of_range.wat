;; Fills a table beyond its end.
;; as: block
;; expect: start WASM_REFUSED an element segment reaches past the table
(module (memory (export "memory") 1) (table 2 funcref)
  (elem (i32.const 1) $f $f)
  (func $f)
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
