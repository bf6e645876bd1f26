"""The simulated board's sensors: files that are read as if they were measured now.

A file is read in windows of the size that the Rune asks for; the last is filled up with zeros.
Then comes the next file, and after the last one the first, or with `once` the end.
"""

import vfs

from runicos.contract.errors import SOURCE_END, RuneError


def offered(options: object) -> "dict[str, object]":
    """Return the capabilities that this board has, with the ranges of their parameters."""
    capabilities: "dict[str, object]" = {"RAND": {}}
    if options.sound:
        capabilities["SOUND"] = {"hz": [8000, 48000]}
    if options.accelerometer:
        capabilities["ACCEL"] = {}
    if options.image:
        capabilities["IMAGE"] = {"width": [1, 640], "height": [1, 480]}
    if options.raw:
        capabilities["RAW"] = {}
    return capabilities


def open_driver(kind: str, params: "dict[str, object]", options: object) -> object:
    """Return the driver of a capability. Raises OSError and ValueError for unusable files.

    Only the drivers that are used are loaded.
    """
    if kind == "RAND":
        import rune

        return rune.Random(options.random_seed)
    if kind == "SOUND":
        from sound import Sound

        return Sound(
            _Files(kind, options.sound, params, options.once).open_next, int(params["hz"])
        )
    if kind == "ACCEL":
        return Windows(_Files(kind, options.accelerometer, params, options.once))
    if kind == "RAW":
        return Windows(_Files(kind, options.raw, params, options.once))
    if kind == "IMAGE":
        return Image(_Files(kind, options.image, params, options.once), params)
    raise ValueError("no %s here" % kind)


class _Files:
    """The files of one sensor, in order; `source` picks a single one."""

    def __init__(
        self, kind: str, paths: "list[str]", params: "dict[str, object]", once: bool
    ) -> None:
        self._kind = kind
        self._paths = paths
        self._once = once
        self._next = 0
        # The files lie on this machine, whatever is mounted as the board's flash.
        self._machine = vfs.VfsPosix()
        if "source" in params:
            source = int(params["source"])
            if source >= len(paths):
                raise ValueError("source %d of %d %s files" % (source, len(paths), kind))
            self._paths = [paths[source]]

    def open_next(self) -> object:
        """Open the next file for reading. Raises RuneError(SOURCE_END) after the last, once."""
        if self._next == len(self._paths):
            if self._once:
                raise RuneError(SOURCE_END, self._kind)
            self._next = 0
        file = self._machine.open(self._paths[self._next], "rb")
        self._next += 1
        return file


class Windows:
    """Bytes as they are in the files: RAW, and ACCEL's float32 triples."""

    def __init__(self, files: _Files) -> None:
        self._files = files
        self._file: object = None

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer with the next window."""
        count = 0 if self._file is None else self._file.readinto(buffer)
        if count == 0:
            if self._file is not None:
                self._file.close()
                self._file = None
            self._file = self._files.open_next()
            count = self._file.readinto(buffer)
        for at in range(count, len(buffer)):
            buffer[at] = 0
        return len(buffer)


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
