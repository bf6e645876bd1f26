;; Declares a sensor, and asks for nothing: what it says and what it does differ.
;; as: rune
;; asks: yes
;; expect: start MANIFEST_MISMATCH 0 capabilities
(module (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
