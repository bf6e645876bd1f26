;; A custom block that wants something of the board.
;; as: block
;; expect: start IMPORT_NOT_GRANTED env._debug by block mine
(module (import "env" "_debug" (func (param i32 i32) (result i32))) (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
