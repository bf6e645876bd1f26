;; A Rune with a manifest reaches for a sensor past its pipeline, as only originals may.
;; as: rune
;; asks: yes
;; expect: start IMPORT_NOT_GRANTED env.request_provider_response
(module (import "env" "request_provider_response" (func (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
