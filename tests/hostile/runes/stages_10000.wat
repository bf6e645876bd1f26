;; A manifest of ten thousand stages.
;; as: rune
;; asks: yes
;; manifest: {"stages": [{10000*["output", 0], } ["output", 0]]}
;; expect: cast OUT_OF_MEMORY
(module (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
