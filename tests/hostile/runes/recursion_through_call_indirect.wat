;; A function that finds itself in a table.
;; as: block
;; expect: call 1 TRAP stack overflow
(module (memory (export "memory") 1)
  (type $again (func (param i32) (result i32)))
  (table 1 funcref)
  (elem (i32.const 0) $f)
  (func $f (type $again)
    (i32.add (i32.const 1) (call_indirect (type $again) (local.get 0) (i32.const 0))))
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (call $f (i32.const 0))))
