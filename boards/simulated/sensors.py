"""The sensors of a simulated board: recordings that are read as if they were measured now.

A file is read in windows of the size that the Rune asks for; the last is filled up with zeros.
Then comes the next file, and after the last one the first, or with `once` the end. What was fed
over the link (recordings.py) comes before what the board was started with.
"""

import recordings

from runicos.contract.errors import SOURCE_END, RuneError

# (kind, ((parameter, lowest, highest), …)), …: constants, so that they lie in flash.
_RANGES = (
    ("SOUND", (("hz", 8000, 48000),)),
    ("ACCEL", ()),
    ("IMAGE", (("width", 1, 640), ("height", 1, 480))),
    ("RAW", ()),
)


class Options:
    """What the sensors read; a board sets what it has.

    `given` has, by kind, the paths of files that `open_given(path, mode)` opens; `once` says that
    these end instead of starting over. `fed` holds what came over the link.
    """

    def __init__(self) -> None:
        self.random_seed = 0
        self.once = False
        self.given: "dict[str, list[str]]" = {}
        self.open_given: object = open
        self.fed = recordings.Recordings()


def offered(options: Options) -> "dict[str, object]":
    """Return the capabilities that this board has, with the ranges of their parameters."""
    capabilities: "dict[str, object]" = {"RAND": {}}
    for kind, ranges in _RANGES:
        if options.given.get(kind) or options.fed.paths(kind):
            capabilities[kind] = {name: [lowest, highest] for name, lowest, highest in ranges}
    return capabilities


def open_driver(kind: str, params: "dict[str, object]", options: Options) -> object:
    """Return the driver of a capability. Raises OSError and ValueError for unusable files.

    Only the drivers that are used are loaded.
    """
    if kind == "RAND":
        import rune

        return rune.Random(options.random_seed)
    if kind not in [known for known, _ in _RANGES]:
        raise ValueError("no %s here" % kind)
    files = _Files(kind, params, options)
    if kind == "SOUND":
        from sound import Sound

        return Sound(files, int(params["hz"]))
    return Image(files, params) if kind == "IMAGE" else Windows(files)


class _Files:
    """The files of one sensor, in order; `source` picks a single one."""

    def __init__(self, kind: str, params: "dict[str, object]", options: Options) -> None:
        self._kind = kind
        self._options = options
        self._source = int(params.get("source", -1))
        self._paths: "list[str]" = []
        self._next = 0
        self._once = False
        self._open: object = open
        self._list()

    @property
    def changed(self) -> bool:
        """Say whether something else was fed since: the file that is open is none of these."""
        return self._changes != self._options.fed.changes

    def open_next(self) -> object:
        """Open the next file for reading. Raises RuneError(SOURCE_END) after the last, once."""
        if self.changed:
            self._list()
        if self._next == len(self._paths):
            if self._once or not self._paths:
                raise RuneError(SOURCE_END, self._kind)
            self._next = 0
        file = self._open(self._paths[self._next], "rb")
        self._next += 1
        return file

    def _list(self) -> None:
        """Look up the files, the first of which comes next. Raises ValueError."""
        options = self._options
        self._changes = options.fed.changes
        self._next = 0
        self._open, self._once = open, options.fed.ends(self._kind)
        self._paths = options.fed.paths(self._kind)
        if not self._paths:
            self._open, self._once = options.open_given, options.once
            self._paths = options.given.get(self._kind, [])
        if self._source >= len(self._paths):
            counts = (self._source, len(self._paths), self._kind)
            raise ValueError("source %d of %d %s files" % counts)
        if self._source >= 0:
            self._paths = [self._paths[self._source]]


class Windows:
    """Bytes as they are in the files: RAW, and ACCEL's float32 triples."""

    def __init__(self, files: _Files) -> None:
        self._files = files
        self._file: object = None

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer with the next window."""
        if self._files.changed:
            self.close()
        count = 0 if self._file is None else self._file.readinto(buffer)
        if count == 0:
            self.close()
            self._file = self._files.open_next()
            count = self._file.readinto(buffer)
        for at in range(count, len(buffer)):
            buffer[at] = 0
        return len(buffer)

    def close(self) -> None:
        """Let the file go."""
        if self._file is not None:
            self._file.close()
            self._file = None


class Image:
    """Pictures from PPM and PGM files, one a read, at the size and pixel format asked for."""

    def __init__(self, files: _Files, params: "dict[str, object]") -> None:
        self._files = files
        self._size = (int(params["width"]), int(params["height"]))
        self._format = int(params.get("pixel_format", 0))

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer with the next picture, row by row, channels last, u8."""
        import picture

        file = self._files.open_next()
        try:
            picture.read_into(buffer, file, self._size, self._format)
        finally:
            file.close()
        return len(buffer)
