;; Calls the element behind the last of its table.
;; as: block
;; expect: call 1 TRAP undefined element
(module (memory (export "memory") 1)
  (type $nothing (func (result i32)))
  (table 1 funcref)
  (elem (i32.const 0) $f)
  (func $f (result i32) (i32.const 0))
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (call_indirect (type $nothing) (i32.const -1))))
