;; A custom block with forty arguments; to set one takes a part of what a call may take.
;; as: block
;; block: {"args": {"g": 1{39*, "g#": 1}}}
;; expect: start TRAP out of fuel|deadline exceeded
(module (memory (export "memory") 1)
  (func $take (param i32) (local i32)
    (loop
      (local.set 1 (i32.add (local.get 1) (i32.const 1)))
      (br_if 0 (i32.lt_u (local.get 1) (i32.const 4000000)))))
  (func (export "set_g") (param i32) (call $take (i32.const 0)))
  {39*(func (export "set_g#") (param i32) (call $take (i32.const 0)))}
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
