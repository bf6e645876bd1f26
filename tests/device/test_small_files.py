"""Small files on flash: what reading one takes."""

from pathlib import Path

from tests.board import run_ok

SCRIPT = """
import gc, sys
from runicos.small_files import read

path = sys.argv[1]
print(read(path, 3), read(path, 4096), read(path, -1), read(path + "s"))
# No piece of the heap is left that is larger than half a kilobyte.
kept = []
try:
    while True:
        kept.append(bytearray(480))
except MemoryError:
    pass
for at in range(0, len(kept), 2):
    kept[at] = None
gc.collect()
try:
    open(path, "rb").read(4096)
    print("the heap is in one piece")
except MemoryError:
    print(read(path, 4096))
"""


def test_a_read_takes_no_more_than_the_file_has(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"ten bytes.")
    whole = "b'ten bytes.'"
    expected = f"b'ten' {whole} {whole} None\n{whole}\n"
    assert run_ok(SCRIPT, path, heap="128k") == expected
