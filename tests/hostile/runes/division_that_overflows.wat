;; The most negative number by -1: a fault of the processor itself on some machines.
;; as: block
;; expect: call 1 TRAP integer overflow
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (i32.div_s (i32.const -2147483648) (i32.const -1))))
