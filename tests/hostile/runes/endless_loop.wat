;; A custom block that never comes back.
;; as: block
;; needs: fuel
;; expect: call 1 TRAP out of fuel
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (loop (br 0)) (i32.const 0)))
