"""Files stay under 400 lines and functions under 60, in every language we write."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.shape.repository import files_with, own_files, parsed, shown

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
_SOURCE_SUFFIXES = {".c", ".h", ".py", ".sh", ".mk", ".cmake", ".rs", ".toml"}


def _line_count(path: Path) -> int:
    return path.read_text("utf-8").count("\n")


def python_functions(tree: ast.Module) -> Iterator[tuple[str, int, int]]:
    """Yield (name, first line, number of lines) of each function, decorators left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1


def c_functions(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield (first words, first line, number of lines) of each function in C text.

    MicroPython's style makes this simple: a function starts in the first column and its last line
    is a lone closing brace there; a table's last line is `};`.
    """
    start = None
    for number, line in enumerate(text.splitlines(), 1):
        if start is None and re.match(r"^[A-Za-z_][^=;]*\(", line) and not line.endswith(";"):
            start = (line.split("(")[0], number)
        elif line == "}" and start is not None:
            yield start[0], start[1], number - start[1] + 1
            start = None
        elif re.match(r"^\S.*;$", line):
            # The end of a table or of a declaration.
            start = None


def _long_functions() -> Iterator[str]:
    for path in files_with(".py"):
        for name, line, length in python_functions(parsed(path)):
            if length > MAX_FUNCTION_LINES:
                yield f"{shown(path)}:{line}: {name} has {length} lines"
    for path in files_with(".c", ".h"):
        for name, line, length in c_functions(path.read_text("utf-8")):
            if length > MAX_FUNCTION_LINES:
                yield f"{shown(path)}:{line}: {name} has {length} lines"


def test_files_are_short() -> None:
    long = [
        f"{shown(path)} has {_line_count(path)} lines"
        for path in own_files()
        if (path.suffix in _SOURCE_SUFFIXES or path.name == "Makefile")
        and _line_count(path) > MAX_FILE_LINES
    ]
    assert long == []


def test_functions_are_short() -> None:
    assert list(_long_functions()) == []


def test_every_source_file_opens_with_a_subtitle() -> None:
    faults = [
        shown(path)
        for path in files_with(".py", ".c", ".h")
        if path.stat().st_size and not _opens_with_comment(path.read_text("utf-8"))
    ]
    assert faults == []


def _opens_with_comment(text: str) -> bool:
    body = text.split("\n", 1)[1] if text.startswith("#!") else text
    return body.lstrip().startswith(('"""', 'r"""', "#", "//", "/*"))


def test_the_length_of_a_python_function_is_counted() -> None:
    text = "@decorated\ndef short():\n    return 1\n\nasync def longer():\n    a = 1\n    b = 2\n"
    assert list(python_functions(ast.parse(text))) == [("short", 2, 2), ("longer", 5, 3)]


def test_the_length_of_a_c_function_is_counted() -> None:
    text = (
        "static int declared(int a);\n"
        "static const int table[] = {\n    f(1),\n};\n"
        "int add(int a,\n    int b) {\n    if (a) {\n        b++;\n    }\n    return b;\n}\n"
        "MP_DEFINE_CONST_FUN_OBJ_1(add_obj, add);\n"
        "void none(void) {\n}\n"
    )
    assert list(c_functions(text)) == [("int add", 5, 7), ("void none", 13, 2)]
