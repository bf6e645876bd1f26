;; A custom block that traps when its argument is set.
;; as: block
;; block: {"args": {"gain": 1}}
;; expect: start TRAP unreachable executed
(module (memory (export "memory") 1)
  (func (export "set_gain") (param i32) (unreachable))
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
