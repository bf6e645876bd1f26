;; Gives a parameter to a sensor that it never asked for.
;; as: original
;; expect: start MANIFEST_MISMATCH a parameter of 9
(module (import "env" "request_capability_set_param"
    (func $set (param i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "amount")
  (func (export "_manifest") (result i32)
    (drop (call $set (i32.const 9) (i32.const 0) (i32.const 6)
      (i32.const 16) (i32.const 4) (i32.const 1)))
    (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
