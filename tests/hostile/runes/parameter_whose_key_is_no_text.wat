;; Gives a parameter whose name is no UTF-8.
;; as: original
;; expect: start TRAP a name is not UTF-8
(module (import "env" "request_capability" (func $capability (param i32) (result i32)))
  (import "env" "request_capability_set_param"
    (func $set (param i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\ff\fe\80")
  (func (export "_manifest") (result i32)
    (drop (call $set (call $capability (i32.const 1)) (i32.const 0) (i32.const 3)
      (i32.const 16) (i32.const 4) (i32.const 1)))
    (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
