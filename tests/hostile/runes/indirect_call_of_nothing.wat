;; Calls an element of its table that was never filled.
;; as: block
;; expect: call 1 TRAP
(module (memory (export "memory") 1)
  (type $nothing (func (result i32)))
  (table 2 funcref)
  (elem (i32.const 0) $f)
  (func $f (result i32) (i32.const 0))
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (call_indirect (type $nothing) (i32.const 1))))
