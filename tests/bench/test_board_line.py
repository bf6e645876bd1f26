"""What a line carries is measured by real copies over it; a slow cast breaks the promise."""

import pytest

from bench import board_line
from bench.board_line import Sent
from bench.counter import CounterError

BAUD = 57_600

pytestmark = pytest.mark.skipif(
    not board_line.PLAIN.is_file(), reason="no firmware of plain MicroPython here"
)


def test_a_copy_onto_plain_micropython_is_slower_than_its_line(tmp_path):
    part = tmp_path / "part.bin"
    part.write_bytes(bytes(range(256)) * 40)
    with board_line.plain_board(tmp_path, BAUD) as port:
        sent = board_line.copy(port, part, "mpremote")
    assert sent.size_bytes == 10_240
    assert 500 < sent.bytes_per_s < BAUD / 10


def test_what_mpremote_says_against_a_copy_is_told(tmp_path):
    part = tmp_path / "part.bin"
    part.write_bytes(b"x")
    with pytest.raises(CounterError, match=r"mpremote: .*no-such-port"):
        board_line.copy(str(tmp_path / "no-such-port"), part, "mpremote")


@pytest.mark.parametrize(("took_s", "is_kept"), [(26.1, True), (29.4, True), (29.5, False)])
def test_ninety_percent_of_the_line_are_promised(took_s, is_kept):
    sent = [Sent("cast", 300_000, took_s), Sent("copy", 100_000, 29.0)]
    section = board_line.section(sent)
    assert [promise.kept for promise in section.promises] == [is_kept]
    assert section.rows[0][3] == pytest.approx(300_000 / took_s)
    assert section.rows[1][4] == pytest.approx(100 * 100_000 / 29.0 / 11_520)
