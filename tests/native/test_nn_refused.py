"""nn on the board: every broken model of test_nn_bad_*.py is refused, with place and reason."""

import pytest

from tests.native import (
    test_nn_bad_functions,
    test_nn_bad_int4,
    test_nn_bad_int16,
    test_nn_bad_matrices,
    test_nn_bad_models,
    test_nn_bad_ops,
    test_nn_bad_recurrent,
    test_nn_bad_shapes,
)

MODELS = {f"models {name}": case for name, case in test_nn_bad_models.CASES.items()}
# Of one operator each: the place is always the same.
OF_ONE_OP = {
    f"{kind} {name}": case
    for kind, module in (
        ("functions", test_nn_bad_functions),
        ("int16", test_nn_bad_int16),
        ("int4", test_nn_bad_int4),
        ("matrices", test_nn_bad_matrices),
        ("ops", test_nn_bad_ops),
        ("recurrent", test_nn_bad_recurrent),
        ("shapes", test_nn_bad_shapes),
    )
    for name, case in module.CASES.items()
}
CASES = MODELS | OF_ONE_OP


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the board says of each model, all loaded in one process."""
    models = [model for model, _ in CASES.values()]
    said = test_nn_bad_models.load(tmp_path_factory.mktemp("models"), *models)
    return dict(zip(CASES, said, strict=True))


@pytest.mark.parametrize("name", CASES)
def test_refused_with_the_place_and_the_reason(name: str, printed: dict[str, str]) -> None:
    assert CASES[name][1] in printed[name]
    assert name in MODELS or printed[name].startswith("op 0 ")
