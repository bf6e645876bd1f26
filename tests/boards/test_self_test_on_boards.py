"""A version whose self-test fails, on Cortex-M: the one before runs again, over a reset too."""

from runicos.contract import errors
from tests.boards.conftest import SMALLEST
from tests.boards.emulated import EmulatedBoard
from tests.device.test_versions import GOOD, NEWER, cast, confirmed, row, wrong_golden

BOARDS = (SMALLEST,)


def test_a_failed_self_test_brings_the_previous_version_back_for_good(
    owned: EmulatedBoard,
) -> None:
    with owned.cable() as cable:
        confirmed(cable, "sine", GOOD)
        cable.upload("sine", wrong_golden(NEWER))
        code, arguments = cable.error("start", name="sine", period_ms=0)
        assert (code, arguments[:4]) == (
            errors.WENT_BACK,
            ["sine", "0.1.0", "0.2.0", errors.SELF_TEST_FAILED],
        )
        assert cable.request("call", name="sine") == {"calls": 1}
    owned.cut_power()
    with owned.cable() as cable:
        told = row(cable, "sine")
        assert (told["release"], told["state"], told["trial"]) == ("0.1.0", "waiting", 0)
        assert told["went_back"][:2] == ["0.2.0", errors.SELF_TEST_FAILED]
        assert cable.request("call", name="sine") == {"calls": 1}
        # What failed has not raised the floor, and the release that mends it is taken.
        assert cast(cable, "sine", NEWER)["self_test"] == "passed"
