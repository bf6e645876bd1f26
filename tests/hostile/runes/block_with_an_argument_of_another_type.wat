;; A manifest that sets a block's argument to a text.
;; as: block
;; block: {"args": {"gain": "much"}}
;; expect: start CALL_FAILED an integer is wanted
(module (memory (export "memory") 1)
  (func (export "set_gain") (param i32))
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
