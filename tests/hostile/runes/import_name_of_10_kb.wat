;; Imports a function whose name takes 10 KB.
;; as: rune
;; expect: start IMPORT_NOT_GRANTED env.
(module
  (import "env" "{10000*n}" (func))
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
