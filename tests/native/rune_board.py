"""Scripts' common part for the tests of `rune`, and the Runes that they run."""

from pathlib import Path

from tests.board import run_ok

PRELUDE = """
import sys, gc, struct, micropython, rune, wasm3
def error(function, *arguments):
    try:
        function(*arguments)
    except Exception as caught:
        return "{}: {}".format(type(caught).__name__, caught)
    return "no error"
def records(ring):
    buffer = bytearray(4096)
    while True:
        count = ring.read_into(buffer)
        if not count:
            return
        channel, kind, sequence = struct.unpack("<BBI", buffer[:6])
        print(channel, kind, sequence, bytes(buffer[6:count]).decode())
class Bytes:
    "A driver in Python: gives the same bytes at every read."
    def __init__(self, content):
        self.content = content
    def readinto(self, buffer):
        count = min(len(buffer), len(self.content))
        buffer[:count] = self.content[:count]
        return count
class Host:
    "Answers _manifest with ids from one counter, and remembers what was asked."
    def __init__(self):
        self.last = 0
        self.log = []
    def note(self, *what):
        self.last += 1
        self.log.append(what)
        return self.last
    def request_capability(self, kind):
        return self.note("capability", kind)
    def set_param(self, identity, key, value, kind):
        self.log.append(("param", identity, key, value, kind))
    def request_output(self, kind):
        return self.note("output", kind)
    def model_open(self, index):
        return self.note("open", index)
    def debug(self, text):
        self.log.append(("debug", text))
"""

OWN_RUNE = """
(module
  (import "env" "request_capability" (func $capability (param i32) (result i32)))
  (import "env" "request_capability_set_param"
    (func $set (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "request_output" (func $output (param i32) (result i32)))
  (import "runic" "model_open" (func $model (param i32) (result i32)))
  (import "runic" "run" (func $run (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "amount\\00\\00\\04\\00\\00\\00")
  (func (export "_manifest") (result i32)
    (drop (call $set (call $capability (i32.const 1))
      (i32.const 0) (i32.const 6) (i32.const 8) (i32.const 4) (i32.const 1)))
    (drop (call $model (i32.const 0)))
    (drop (call $output (i32.const 1)))
    i32.const 1)
  (func (export "_call") (param i32 i32 i32) (result i32)
    (call $run (i32.const 0) (i32.const 2)))
)
"""

OWN_IMPORTS = (
    "env.request_capability",
    "env.request_capability_set_param",
    "env.request_output",
    "runic.model_open",
    "runic.run",
)


def board(script: str, *arguments: Path, **options: str) -> list[str]:
    """Run the script after the common part; return the lines it printed."""
    return run_ok(PRELUDE + script, *arguments, **options).splitlines()
