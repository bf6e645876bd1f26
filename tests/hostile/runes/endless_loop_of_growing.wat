;; Asks for no more memory, for ever.
;; as: block
;; expect: call 1 TRAP out of fuel|deadline exceeded
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (loop (drop (memory.grow (i32.const 0))) (br 0))
    (i32.const 0)))
