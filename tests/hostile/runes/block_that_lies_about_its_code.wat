;; A manifest that says its block's code takes no memory: the board runs out while it compiles.
;; as: block
;; block: {"code_bytes": 0}
;; expect: runs 1
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    {500*(i32.store (i32.const 0) (local.get 0)) }
    (i32.const 0)))
