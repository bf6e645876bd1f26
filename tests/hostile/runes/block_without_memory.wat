;; A custom block whose tensors can be nowhere.
;; as: block
;; expect: start CALL_FAILED outside its memory
(module (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
