;; Calls a function through a table as what it is not.
;; as: block
;; expect: call 1 TRAP indirect call type mismatch
(module (memory (export "memory") 1)
  (type $other (func (param i64) (result i32)))
  (table 1 funcref)
  (elem (i32.const 0) $f)
  (func $f (param f64))
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (call_indirect (type $other) (i64.const 0) (i32.const 0))))
