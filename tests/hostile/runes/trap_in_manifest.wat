;; A Rune that traps before it has asked for anything.
;; as: rune
;; expect: start TRAP unreachable executed
(module (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (unreachable))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
