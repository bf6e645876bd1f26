"""The package nn_tools, installed on a board by mpremote from files and over HTTP, and used."""

import contextlib
import http.server
import threading
from collections.abc import Iterator
from functools import partial

import pytest

import runicd
from tests.board import ROOT
from tests.flow.test_repl import mpremote

pytestmark = pytest.mark.usefixtures("state_folder")

PACKAGES = ROOT / "packages"
SCRIPT = """
import nn_tools
model = nn_tools.load("digits.tflite")
print(nn_tools.top(model.predict([[x * y / 49 for x in range(8)] for y in range(8)]), 1)[0][0])
"""


@contextlib.contextmanager
def served() -> Iterator[str]:
    """Serve the repository's packages on this machine."""
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(PACKAGES))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_the_package_is_installed_and_used() -> None:
    with runicd.Simulator() as board, board.free_port() as port, served() as address:
        for source in (str(PACKAGES / "nn_tools" / "package.json"), f"{address}/nn_tools"):
            printed = mpremote(port, "mip", "install", source)
            assert "Installing: " in printed
            assert printed.rstrip().endswith("Done")
            mpremote(port, "cp", str(ROOT / "runes/digits/digits.tflite"), ":digits.tflite")
            assert mpremote(port, "exec", SCRIPT).strip() == "6"
            mpremote(port, "exec", "import nn_tools, os; os.remove(nn_tools.__file__)")
