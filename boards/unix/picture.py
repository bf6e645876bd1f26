"""The simulated camera: PPM and PGM files at the size and pixel format that a Rune asks for."""

import dsp

RGB = 0
BGR = 1
GRAYSCALE = 2
_SIDE_MAX = 4096


def read_into(
    buffer: memoryview, file: object, size: "tuple[int, int]", pixel_format: int
) -> None:
    """Fill the buffer with the file's picture. Raises ValueError for what cannot be used."""
    width, height, channels = _read_head(file)
    wanted = 1 if pixel_format == GRAYSCALE else 3
    if len(buffer) != size[0] * size[1] * wanted:
        raise ValueError("picture of %d bytes for %d" % (size[0] * size[1] * wanted, len(buffer)))
    pixels = file.read(width * height * channels)
    if len(pixels) != width * height * channels:
        raise ValueError("picture file is cut off")
    pixels = _as_channels(pixels, channels, wanted, pixel_format)
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


def _as_channels(
    pixels: bytes, channels: int, wanted: int, pixel_format: int
) -> "bytes | bytearray":
    if channels == 1 and wanted == 3:
        spread = bytearray(3 * len(pixels))
        for at in range(len(pixels)):
            spread[3 * at] = spread[3 * at + 1] = spread[3 * at + 2] = pixels[at]
        return spread
    if channels == 3 and wanted == 1:
        grey = bytearray(len(pixels) // 3)
        for at in range(len(grey)):
            red, green, blue = pixels[3 * at], pixels[3 * at + 1], pixels[3 * at + 2]
            # Rec. 709 luma in 1/10000, as the original's image library has it.
            grey[at] = (2126 * red + 7152 * green + 722 * blue) // 10000
        return grey
    if pixel_format == BGR:
        swapped = bytearray(pixels)
        for at in range(0, len(swapped), 3):
            swapped[at], swapped[at + 2] = swapped[at + 2], swapped[at]
        return swapped
    return pixels
