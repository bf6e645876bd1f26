;; Declares 4 GiB, is given 256 bytes of them, and reads the last that it declared.
;; as: rune
;; expect: start WASM_REFUSED linear memory limitation exceeded
(module (memory (export "memory") 65536)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.load (i32.const -4))))
