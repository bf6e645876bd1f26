;; A Rune whose _manifest calls itself for ever.
;; as: rune
;; expect: start TRAP stack overflow
(module (memory (export "memory") 1)
  (func $again (export "_manifest") (result i32) (i32.add (i32.const 1) (call $again)))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
