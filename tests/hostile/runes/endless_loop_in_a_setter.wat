;; A custom block that hangs when its argument is set.
;; as: block
;; block: {"args": {"gain": 1}}
;; expect: start TRAP out of fuel|deadline exceeded
(module (memory (export "memory") 1)
  (func (export "set_gain") (param i32) (loop (br 0)))
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
