"""wasm3's operations end in jumps on Arm: loops that went round by calls would eat the stack."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.native.wasm3_tree import MODULE, sources

pytestmark = pytest.mark.own_programs

# Operations that begin a frame of their own, and come back to it.
CALLS = {"op_Call", "op_CallIndirect", "op_CallRawFunction"}
# Cores whose loops jump (d_m3LoopsJump).
CORES = {
    "m3": ("-mcpu=cortex-m3", "-mfloat-abi=soft"),
    "m7": ("-mcpu=cortex-m7", "-mfloat-abi=hard", "-mfpu=fpv5-d16"),
}
COMPILER, DISASSEMBLER = "arm-none-eabi-gcc", "arm-none-eabi-objdump"
# A call of what a register says.
CALL = r"\tblx\s+"


def stated_flags() -> list[str]:
    """What the firmware compiles wasm3 with beside its own flags."""
    text = (MODULE / "micropython.mk").read_text().replace("\\\n", " ")
    found = re.search(r"WASM3_SOURCES:\.c=\.o\)\): CFLAGS \+= (.*) -include", text)
    assert found is not None
    return found[1].split()


def compiled(core: str, folder: Path) -> Path:
    """The object with the operations; -Os is what boards have in front."""
    includes = [f"-I{MODULE}", f"-I{MODULE.parent / 'include'}", "-isystem", str(sources())]
    includes += ["-include", str(MODULE / "wasm3_shim.h")]
    path = folder / "compiled.o"
    flags = ["-mthumb", *CORES[core], "-std=gnu11", "-Os", "-DNDEBUG", *stated_flags(), *includes]
    source = str(sources() / "m3_compile.c")
    subprocess.run([COMPILER, *flags, "-c", "-o", str(path), source], check=True)
    return path


@pytest.mark.skipif(shutil.which(COMPILER) is None, reason=f"{COMPILER} is not installed")
@pytest.mark.parametrize("core", CORES)
def test_operations_end_in_jumps(tmp_path: Path, core: str) -> None:
    command = [DISASSEMBLER, "-d", "--no-show-raw-insn", str(compiled(core, tmp_path))]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    parts = re.split(r"^[0-9a-f]+ <(.*)>:$", said, flags=re.MULTILINE)
    functions = dict(zip(parts[1::2], parts[2::2], strict=True))
    operations = {name: body for name, body in functions.items() if name.startswith("op_")}
    assert len(operations) > 400
    assert not re.search(CALL, operations["op_Loop"])
    assert {name for name, body in operations.items() if re.search(CALL, body)} <= CALLS
