"""Start the simulated board: parse the command line, then boot RunicOS on it."""

import os
import sys

import recordings
import sensors
import vfs

_USAGE = """usage: micropython -m sim --flash DIR [--tcp PORT] [--sound FILE]…

--flash DIR           the folder that is the board's flash
--tcp PORT            serve TCP too, on this port of this machine; 0 takes a free one
--name NAME           the board's name
--sound FILE          what the microphone hears: WAV, 16-bit PCM; may be repeated, as may
--image FILE          what the camera sees: binary PPM or PGM
--accelerometer FILE  what is measured: float32 x, y, z triples
--raw FILE            bytes for RAW
--random SEED         where RAND starts
--once                sensors end after their last file instead of starting over
--flash-bytes N       how much flash there is
--limit NAME=NUMBER   another limit than board.toml states; may be repeated
"""
_LISTS = {"sound": "SOUND", "image": "IMAGE", "accelerometer": "ACCEL", "raw": "RAW"}
_NUMBERS = {"tcp": "tcp_port", "random": "random_seed", "flash-bytes": "flash_bytes"}


class Options(sensors.Options):
    """The command line, parsed."""

    def __init__(self) -> None:
        super().__init__()
        # The files lie on this machine, whatever is mounted as the board's flash.
        self.open_given = vfs.VfsPosix().open
        self.flash = ""
        self.mounted = ""  # where the root of the paths lies on this machine
        self.name = "unix"
        self.tcp_port = None
        self.flash_bytes = 8 << 20
        self.limits: "dict[str, int]" = {}


def parse(arguments: "list[str]") -> Options:
    """Return the Options of a command line. Raises ValueError."""
    options = Options()
    rest = list(arguments)
    while rest:
        flag = rest.pop(0)
        if not flag.startswith("--"):
            raise ValueError("unknown argument %s" % flag)
        if flag == "--once":
            options.once = True
        elif not rest:
            raise ValueError("unknown argument or no value: %s" % flag)
        else:
            _take(options, flag[2:], rest.pop(0))
    if not options.flash:
        raise ValueError("--flash DIR is needed")
    return options


def _take(options: Options, flag: str, value: str) -> None:
    if flag in _LISTS:
        options.given.setdefault(_LISTS[flag], []).append(_absolute(value))
    elif flag in _NUMBERS:
        setattr(options, _NUMBERS[flag], int(value))
    elif flag == "limit":
        name, _, number = value.partition("=")
        options.limits[name] = int(number)
    elif flag in ("flash", "name"):
        setattr(options, flag, value)
    else:
        raise ValueError("unknown argument --%s" % flag)


def _absolute(path: str) -> str:
    return path if path.startswith("/") else os.getcwd() + "/" + path


def main() -> None:
    """Run the simulated board until it is killed."""
    try:
        options = parse(sys.argv[1:])
    except ValueError as error:
        sys.stderr.write("sim: %s\n\n%s" % (error, _USAGE))
        sys.exit(2)
    import flash_folder
    import hal

    from runicos import boot

    # Recordings and Runes have each as much of the folder as the board has flash.
    options.fed = recordings.Recordings(limit_bytes=options.flash_bytes)
    options.mounted = flash_folder.mount(options.flash)
    options.flash = ""
    # RunicOS's own modules first, whatever the files are called; mip installs into /lib.
    sys.path[:] = [".frozen", "", "/lib"]
    boot.main(hal.Board(options))


if __name__ == "__main__":
    main()
