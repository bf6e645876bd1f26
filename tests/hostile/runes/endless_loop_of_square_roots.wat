;; Each round of its loop is 8,000 square roots, which small cores have no instruction for.
;; as: rune
;; expect: call 1 TRAP out of fuel|deadline exceeded
(module (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (local f64)
    (local.set 3 (f64.const 1.5e300))
    loop local.get 3 {8000*f64.sqrt } drop br 0 end
    (i32.const 0)))
