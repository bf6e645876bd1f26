"""The simulated camera: PPM and PGM files at the size and pixel format that a Rune asks for."""

import dsp

# By the number that `pixel_format` has in the ABI.
_FORMATS = ("rgb", "bgr", "gray")
_SIDE_MAX = 4096


def read_into(
    buffer: memoryview, file: object, size: "tuple[int, int]", pixel_format: int
) -> None:
    """Fill the buffer with the file's picture. Raises ValueError for what cannot be used."""
    width, height, channels = _read_head(file)
    wanted = 1 if _FORMATS[pixel_format] == "gray" else 3
    if len(buffer) != size[0] * size[1] * wanted:
        raise ValueError("picture of %d bytes for %d" % (size[0] * size[1] * wanted, len(buffer)))
    pixels = file.read(width * height * channels)
    if len(pixels) != width * height * channels:
        raise ValueError("picture file is cut off")
    source, target = "gray" if channels == 1 else "rgb", _FORMATS[pixel_format]
    if source != target:
        converted = bytearray(width * height * wanted)
        dsp.convert_pixels(pixels, source, converted, target)
        pixels = converted
    dsp.resize(pixels, (height, width, wanted), buffer, (size[1], size[0], wanted))


def _read_head(file: object) -> "tuple[int, int, int]":
    kind = file.read(2)
    if kind not in (b"P5", b"P6"):
        raise ValueError("no binary PPM or PGM file")
    width, height, most = [_read_number(file) for _ in range(3)]
    if not (0 < width <= _SIDE_MAX and 0 < height <= _SIDE_MAX) or most != 255:
        raise ValueError("picture of %d x %d, most %d" % (width, height, most))
    return width, height, 1 if kind == b"P5" else 3


def _read_number(file: object) -> int:
    """Read a decimal number and the one white space after it; comments are skipped."""
    digits = b""
    while True:
        character = file.read(1)
        if character == b"#":
            while character not in (b"\n", b""):
                character = file.read(1)
        elif character.isdigit():
            digits += character
        elif digits or not character:
            break
    if not 0 < len(digits) < 6:
        raise ValueError("picture file has no size")
    return int(digits)
