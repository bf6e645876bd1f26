;; Asks for a sensor ten thousand times.
;; as: original
;; expect: start MANIFEST_MISMATCH nothing more
(module (import "env" "request_capability" (func $capability (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (local $left i32)
    (local.set $left (i32.const 10000))
    (loop
      (drop (call $capability (i32.const 1)))
      (br_if 0 (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
