"""Sessions at the REPL that the documentation shows, run on a board and compared."""

import doctest
import re
from dataclasses import dataclass
from pathlib import Path

from tests.board import ROOT, run_ok

# Runs each statement as the REPL would and marks where its output ends.
_RUN = """
import os
os.chdir({folder!r})
scope = {{}}
for source in {sources!r}:
    try:
        exec(compile(source, "docs", "single"), scope)
    except Exception as error:
        print("%s: %s" % (type(error).__name__, error))
    print({mark!r})
"""
_MARK = "-- end of an example --"
_OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True, slots=True)
class Fault:
    """One example that printed something else than its page says."""

    line: int
    source: str
    wanted: str
    got: str


def faults_of(page: str, *, firmware: Path | None = None, folder: Path = ROOT) -> list[Fault]:
    """Run a page's `>>>` examples as one session; return those that differ from what it shows."""
    # A fence ends what an example prints, as an empty line does.
    text = re.sub(r"^```.*$", "", (ROOT / page).read_text("utf-8"), flags=re.MULTILINE)
    examples = doctest.DocTestParser().get_examples(text, page)
    assert examples, f"{page} shows no session"
    sources = [example.source for example in examples]
    script = _RUN.format(folder=str(folder), sources=sources, mark=_MARK)
    paths = tuple(path.parent for path in (ROOT / "packages").glob("*/package.json"))
    printed = run_ok(script, heap="1m", firmware=firmware, source_paths=paths).split(f"{_MARK}\n")[
        :-1
    ]
    faults = []
    for example, got in zip(examples, printed, strict=True):
        wanted = example.exc_msg or example.want
        if not doctest.OutputChecker().check_output(wanted, got, _OPTIONS):
            faults.append(Fault(example.lineno + 1, example.source, wanted, got))
    return faults
