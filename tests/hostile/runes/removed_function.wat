;; Calls what no toolchain has served for years.
;; as: original
;; expect: start TRAP this feature has been removed
(module (import "env" "tfm_preload_model" (func $load (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32)
    (call $load (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
