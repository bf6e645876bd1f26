;; A manifest that names the eighth custom block of one.
;; as: block
;; block: {"section": 7}
;; expect: cast BAD_MANIFEST section 7 of 1
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
