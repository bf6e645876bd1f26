;; A function that calls itself for ever.
;; as: block
;; expect: call 1 TRAP stack overflow
(module (memory (export "memory") 1)
  (func $deeper (export "transform") (param i32 i32 i32 i32) (result i32)
    (i32.add (i32.const 1)
      (call $deeper (local.get 0) (local.get 1) (local.get 2) (local.get 3)))))
