;; 513 values on the stack of a function at a time.
;; as: block
;; expect: start WASM_REFUSED too many values at a time
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    {513*local.get 0 }
    {512*i32.add }
  ))
