;; Imports a function that no board has.
;; as: rune
;; expect: start IMPORT_NOT_GRANTED env.launch
(module (import "env" "launch" (func)) (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
