;; Two functions that call each other for ever.
;; as: block
;; expect: call 1 TRAP stack overflow
(module (memory (export "memory") 1)
  (func $ping (param i32) (result i32) (i32.add (i32.const 1) (call $pong (local.get 0))))
  (func $pong (param i32) (result i32) (i32.add (i32.const 2) (call $ping (local.get 0))))
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (call $ping (i32.const 0))))
