;; A manifest of 65 stages: one more than there may be.
;; as: rune
;; asks: yes
;; manifest: {"stages": [{65*["output", 0], } ["output", 0]]}
;; expect: cast BAD_MANIFEST manifest.stages
(module (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
