;; Goes where no code is.
;; as: block
;; expect: call 1 TRAP unreachable executed
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (unreachable)))
