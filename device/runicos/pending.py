"""The upload that can go on over a restart, as `upload.want` has it."""

from runicos import small_files
from runicos.contract import cbor
from runicos.shared import are_right

WANT = "/upload.want"


class Pending:
    """What an upload is to be: `file` is [name, size, sha256], None where there is none.

    Its bytes go to `place`, but for those that are `shared`.
    """

    def __init__(self, want: object) -> None:
        self.file: "list[object] | None" = None
        self.place: object = None
        self.shared: "list[list[object]]" = []
        if isinstance(want, list) and len(want) == 5:
            self.file, self.place, self.shared = want[:3], want[3], want[4]


def pending(store: object) -> Pending:
    """Return the upload that can go on."""
    try:
        want = Pending(cbor.loads(small_files.read(store.root + WANT) or b""))
    except ValueError:
        return Pending(None)
    is_right = want.file is not None and are_right(store.bodies, want.file[1], want.shared)
    return want if is_right else Pending(None)
