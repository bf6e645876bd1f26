"""The module crypto in the real firmware: signatures checked, hashes taken, bad input refused."""

import hashlib
import random
from pathlib import Path

from tests.board import run_ok
from tests.native.ed25519_vectors import Case, cases

CHECK = """
import crypto, sys
wrong = checked = 0
with open(sys.argv[1], "rb") as file:
    while True:
        head = file.read(98)
        if not head:
            break
        message = file.read(head[96] | head[97] << 8)
        cut = len(message) // 3
        parts = (memoryview(message)[:cut], b"", bytearray(message[cut:]))
        verdict = crypto.verify(head[:32], head[32:96], *parts)
        if verdict != bool(file.read(1)[0]):
            print("case", checked)
            wrong += 1
        checked += 1
print(checked, wrong)
"""


def write(path: Path, chosen: list[Case]) -> Path:
    path.write_bytes(b"".join(case.packed() for case in chosen))
    return path


def test_signatures_are_taken_and_refused_as_they_must_be(tmp_path: Path) -> None:
    chosen = cases(200)
    assert len(chosen) > 2000
    assert sum(case.valid for case in chosen) == 204
    said = run_ok(CHECK, write(tmp_path / "cases", chosen)).split("\n")
    wrong = [chosen[int(line.split()[1])] for line in said if line.startswith("case")]
    assert not wrong
    assert said[-2] == f"{len(chosen)} 0"


def test_sha512_is_the_standards_whatever_the_parts(tmp_path: Path) -> None:
    chance = random.Random(512)
    data = chance.randbytes(5000)
    path = tmp_path / "data"
    path.write_bytes(data)
    script = """
import crypto, sys
data = memoryview(open(sys.argv[1], "rb").read())
for length in list(range(300)) + [5000]:
    one = crypto.sha512(data[:length])
    assert one == crypto.sha512(*[data[i : min(i + 37, length)] for i in range(0, length, 37)])
    print("".join(["%02x" % byte for byte in one]))
"""
    wanted = [hashlib.sha512(data[:length]).hexdigest() for length in (*range(300), 5000)]
    assert run_ok(script, path).split() == wanted


def test_verifying_takes_nothing_of_the_heap(tmp_path: Path) -> None:
    script = """
import crypto, micropython, sys
case = memoryview(open(sys.argv[1], "rb").read())
key, signature, message = bytes(case[:32]), bytes(case[32:96]), case[98:-1]
verify, good = crypto.verify, None
micropython.heap_lock()
good = verify(key, signature, message)
micropython.heap_unlock()
print(good)
"""
    longest = max((case for case in cases(200) if case.valid), key=lambda case: len(case.message))
    assert run_ok(script, write(tmp_path / "case", [longest])).split() == ["True"]


def test_what_is_no_key_no_signature_or_no_buffer_is_refused_by_name() -> None:
    script = """
import crypto
def said(function, *arguments):
    try:
        function(*arguments)
    except Exception as error:
        print(type(error).__name__, error)
said(crypto.verify, bytes(31), bytes(64), b"")
said(crypto.verify, bytes(32), bytes(65), b"")
said(crypto.verify, bytes(32), bytes(64), 5)
said(crypto.verify, "x" * 32, None, b"")
said(crypto.is_key, bytes(33))
said(crypto.sha512, b"", None)
print(crypto.is_key(bytes(32)), crypto.is_key(b"\\x01" + bytes(31)))
"""
    assert run_ok(script).splitlines() == [
        "ValueError a public key has 32 bytes",
        "ValueError a signature has 64 bytes",
        "TypeError object with buffer protocol required",
        "TypeError object with buffer protocol required",
        "ValueError a public key has 32 bytes",
        "TypeError object with buffer protocol required",
        "False False",
    ]
