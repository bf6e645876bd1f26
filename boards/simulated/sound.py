"""The simulated microphone: WAV files as one channel at the rate that a Rune asks for."""

from struct import unpack

_PCM = 1
_BLOCK_FRAMES = 256


class Sound:
    """A stream of samples; `files` opens one WAV file after the other.

    Raises ValueError for a file that is not 16-bit PCM.
    """

    def __init__(self, files: object, hz: int) -> None:
        self._files = files
        self._hz = hz
        self._file: object = None
        self._left = 0  # frames of the file that are still to be read
        self._channels = 1
        self._rate = hz
        self._block = bytearray(0)
        self._block_at = 0
        self._block_end = 0
        self._phase = 0  # position between two samples, in 1/hz of an input sample
        self._before = 0
        self._after = 0
        self._ended = False

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer with the next little-endian i16 samples; zeros after a file's last."""
        if self._files.changed or (self._left == 0 and self._block_at == self._block_end):
            self._open()
        if self._channels == 1 and self._rate == self._hz:
            filled = self._copy(buffer)
        else:
            filled = self._convert(buffer)
        for at in range(filled, len(buffer)):
            buffer[at] = 0
        return len(buffer)

    def close(self) -> None:
        """Let the file go."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> None:
        self.close()
        # Should the next one not open, there is nothing left of this one.
        self._left = self._block_at = self._block_end = 0
        self._file = self._files.open_next()
        self._channels, self._rate, self._left = read_head(self._file)
        self._block = bytearray(2 * self._channels * _BLOCK_FRAMES)
        self._block_at = 0
        self._block_end = 0
        self._phase = self._hz
        self._ended = False
        if self._channels != 1 or self._rate != self._hz:
            # One sample ahead, so that there is a line from the first to the second.
            self._advance()

    def _copy(self, buffer: memoryview) -> int:
        if 2 * self._left < len(buffer):
            buffer = buffer[: 2 * self._left]
        count = self._file.readinto(buffer)
        # A file that is shorter than its head says ends here.
        self._left = self._left - count // 2 if count == len(buffer) else 0
        return count

    def _convert(self, buffer: memoryview) -> int:
        """Resample: between samples the straight line, over several their mean."""
        for at in range(0, len(buffer), 2):
            total = 0
            taken = 0
            while self._phase >= self._hz:
                if not self._advance():
                    return at
                self._phase -= self._hz
                total += self._after
                taken += 1
            if taken > 1:
                value = total // taken
            else:
                step = self._after - self._before
                value = self._before + step * self._phase // self._hz
            self._phase += self._rate
            buffer[at] = value & 0xFF
            buffer[at + 1] = (value >> 8) & 0xFF
        return len(buffer)

    def _advance(self) -> bool:
        """Take the next sample, the mean of its channels; False after the last one's turn."""
        if self._block_at == self._block_end and not self._read_block():
            last, self._ended = self._ended, True
            self._before = self._after
            return not last
        total = 0
        block = self._block
        at = self._block_at
        for _ in range(self._channels):
            low_high = block[at] | block[at + 1] << 8
            total += low_high - 0x10000 if low_high & 0x8000 else low_high
            at += 2
        self._block_at = at
        self._before = self._after
        self._after = total // self._channels
        return True

    def _read_block(self) -> bool:
        self._block_at = 0
        frame_bytes = 2 * self._channels
        count = self._file.readinto(self._block) // frame_bytes
        count = min(count, self._left)
        self._left = self._left - count if count else 0
        self._block_end = count * frame_bytes
        return count > 0


def read_head(file: object) -> "tuple[int, int, int]":
    """Return (channels, rate in Hz, frames) of a WAV file, and leave it at the first sample.

    Raises ValueError for anything but 16-bit PCM.
    """
    head = file.read(12)
    if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
        raise ValueError("no WAV file")
    layout = None
    while True:
        head = file.read(8)
        if len(head) < 8:
            raise ValueError("WAV file without data")
        name, size = head[:4], unpack("<I", head[4:])[0]
        if name == b"data":
            break
        if name == b"fmt " and size >= 16:
            content = file.read(16)
            if len(content) == 16:
                layout = unpack("<HHIIHH", content)
            size -= 16
        file.seek(size + size % 2, 1)
    if layout is None or layout[0] != _PCM or layout[5] != 16 or not layout[1] or not layout[2]:
        raise ValueError("WAV file that is not 16-bit PCM")
    return layout[1], layout[2], size // (2 * layout[1])
