"""Models that are to fit into so much RAM: what is chosen, what is refused, what is printed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from runicd.model.arena import choose, plan_arena
from runicd.model.facts import op_macs
from runicd.model.fit import fit, need, step_loads
from runicd.model.read_tflite import Model, Strips, read_tflite
from runicd.model.strips import keep_rows, with_strips
from runicd.model.write_tflite import Graph
from tests.conftest import Command
from tests.native.nn_growing import random_networks
from tests.native.nn_strip_cases import cases

ROOT = Path(__file__).resolve().parents[2]
DIGITS = ROOT / "runes/digits"
MODEL = DIGITS / "digits.tflite"
NETWORKS = 24


def digits() -> Model:
    return read_tflite(MODEL.read_bytes())


def chain(height: int, layers: int) -> Model:
    """So many 3 by 3 maxima of stride 1 over an image of 4 bytes a row."""
    graph = Graph("chain")
    x = graph.input("x", "i8", (1, height, 1, 4), 1.0, 0)
    for _ in range(layers):
        x = graph.op("MAX_POOL_2D", [x], filter_h=3, filter_w=1, padding="SAME")
    graph.output(x)
    return read_tflite(graph.to_bytes())


def test_each_layer_keeps_what_the_next_one_sees_again() -> None:
    kept = keep_rows(chain(32, 4), Strips(0, 4, 1))
    assert kept is not None
    assert set(kept.rows.values()) == {3}
    assert (kept.source, kept.result) == (0, 4)
    assert len(kept.runs) == 4 * 32
    thick = keep_rows(chain(32, 4), Strips(0, 4, 8))
    assert thick is not None
    assert set(thick.rows.values()) == {10}
    assert len(thick.runs) < len(kept.runs) // 4


def test_the_first_strip_makes_no_more_rows_than_others() -> None:
    kept = keep_rows(chain(64, 12), Strips(0, 12, 1))
    assert kept is not None
    assert max(kept.rows.values()) == 3


@pytest.mark.parametrize(("height", "rows"), [(1024, 1), (1025, 2), (3000, 3)])
def test_of_a_tall_image_strips_are_no_more_than_may_be(height: int, rows: int) -> None:
    graph = Graph("wide inside")
    x = graph.input("x", "f32", (1, height, 1, 1))
    wide = graph.op("CONV_2D", [x, graph.constant("w", np.ones((8, 3, 1, 1), "f4"))])
    graph.output(graph.op("CONV_2D", [wide, graph.constant("v", np.ones((1, 3, 1, 8), "f4"))]))
    found = fit(read_tflite(graph.to_bytes()), 1)
    assert found.strips == Strips(0, 2, rows)
    assert found.strip_count == -(-height // rows)
    assert found.after.arena_bytes < found.before.arena_bytes // 2


def test_what_fits_stays_as_it_is() -> None:
    found = fit(digits(), need(digits()).ram_bytes)
    assert (found.strips, found.runs) == (None, len(digits().ops))
    assert found.after == found.before
    assert with_strips(MODEL.read_bytes(), None) == MODEL.read_bytes()


def test_strips_of_a_file_can_be_taken_out() -> None:
    data = with_strips(MODEL.read_bytes(), Strips(0, 3, 1))
    assert plan_arena(read_tflite(data)) != plan_arena(digits())
    assert plan_arena(read_tflite(with_strips(data, None))) == plan_arena(digits())


@pytest.mark.parametrize("element", ["i8", "f32"])
def test_the_way_that_fits_begins_ops_least_often(element: str) -> None:
    saved = 0
    for case in cases(element, NETWORKS, 3):
        model = read_tflite(case.model)
        least = fit(model, 1)
        assert fit(model, least.after.ram_bytes).after.ram_bytes <= least.after.ram_bytes
        assert fit(model, least.after.ram_bytes - 1).after == least.after
        middle_bytes = (least.after.ram_bytes + least.before.ram_bytes) // 2
        found = fit(model, middle_bytes)
        assert found.after.ram_bytes <= middle_bytes
        assert found.runs <= least.runs
        saved += least.after.ram_bytes < least.before.ram_bytes
    assert saved > 2


def test_what_is_alive_at_a_step_is_no_more_than_the_arena() -> None:
    networks = [*cases("i8", NETWORKS, 4), *random_networks("i8", NETWORKS)]
    for model in (read_tflite(case.model) for case in networks):
        sharing, _ = choose(model)
        assert max(step_loads(sharing, len(model.ops))) <= plan_arena(model).arena_bytes


def test_products_are_as_many_as_before() -> None:
    model = read_tflite(with_strips(MODEL.read_bytes(), fit(digits(), 1).strips))
    assert sum(op_macs(model, op) for op in model.ops) == sum(
        op_macs(digits(), op) for op in digits().ops
    )


def test_plan_writes_strips_and_says_what_they_cost(command: Command) -> None:
    whole, least = need(digits()), fit(digits(), 1)
    limit = least.after.ram_bytes
    ended = command("model", "plan", MODEL, "--ram", limit, "-o", "strips.tflite", "--json")
    found = json.loads(ended.out)
    assert (ended.code, found["after_bytes"], found["before_bytes"]) == (
        0,
        limit,
        whole.ram_bytes,
    )
    info = json.loads(command("model", "info", "strips.tflite", "--json").out)
    assert info["arena_bytes"] + info["narrow_table_bytes"] == limit
    lines = command("model", "plan", MODEL, "--ram", limit, "-o", "strips.tflite").out.splitlines()
    assert lines[0] == "ops 0 to 2 in 4 strips of 1 row"
    assert lines[1].startswith(f"{limit:,} bytes (arena {least.after.arena_bytes:,}, tables ")
    assert lines[2].startswith("multiply-accumulates +0.0 %; in a call, ops begin ")


def test_what_cannot_fit_is_one_line_with_the_least(command: Command, tmp_path: Path) -> None:
    least = fit(digits(), 1).after.ram_bytes
    for words in (["model", "plan", MODEL], ["build", DIGITS]):
        ended = command(*words, "--ram", least - 1, "-o", "none")
        assert ended.code == 1
        assert f"{least:,} bytes of RAM are needed at least (in strips, where ops" in ended.err
        assert ended.err.endswith(f"give --ram {least}\n")
        assert ended.err.count("\n") == 1
    assert not (tmp_path / "none").exists()


def test_where_strips_do_not_help_the_error_says_so(command: Command) -> None:
    ended = command("build", ROOT / "runes/sine", "--ram", "64", "-o", "none")
    assert ended.code == 1
    assert "at least (strips do not make it less), and 64 are given; give --ram" in ended.err


@pytest.mark.parametrize("size", ["0", "-1", "64KB", "1.5K", "", "K", "9999M"])
def test_a_size_that_is_none(command: Command, size: str) -> None:
    ended = command("build", DIGITS, f"--ram={size}", "-o", "none")
    assert ended.code == 2
    assert f"argument --ram: {size!r} is no size; write 65536, 64k or 1M" in ended.err


def test_apart_and_ram_exclude_each_other(command: Command) -> None:
    ended = command("model", "plan", MODEL, "--ram", "4K", "--apart", "-o", "none")
    assert ended.code == 2


def test_build_fits_and_inspect_shows_the_same(command: Command) -> None:
    least = fit(digits(), 1)
    limit = least.after.ram_bytes
    ended = command("build", DIGITS, "--ram", limit, "-o", "d.rune", "--json")
    (model,) = json.loads(ended.out)["models"]
    assert (model["name"], model["after_bytes"]) == ("digits", limit)
    (shown,) = json.loads(command("inspect", "d.rune", "--json").out)["models"]
    assert shown["arena_bytes"] + shown["narrow_table_bytes"] == limit
    text = command("build", DIGITS, "--ram", limit, "-o", "d.rune").out
    assert text.startswith("digits: ops 0 to 2 in 4 strips of 1 row\n")


def test_without_ram_nothing_changes(command: Command, tmp_path: Path) -> None:
    command("build", DIGITS, "-o", "plain.rune")
    command("build", DIGITS, "--ram", "1M", "-o", "roomy.rune")
    assert (tmp_path / "plain.rune").read_bytes() == (tmp_path / "roomy.rune").read_bytes()


def test_models_of_one_rune_share_the_limit(command: Command, tmp_path: Path) -> None:
    lines = ["version: 1", "image: runicos/base", "pipeline:"]
    lines += ["  raw: {capability: RAW, args: {length: 64}, outputs: [{type: i8, "]
    lines[-1] += "dimensions: [1, 8, 8, 1]}]}"
    for name in ("one", "two"):
        lines += [f"  {name}: {{model: {MODEL}, inputs: [raw]}}"]
        lines += [f"  {name}_out: {{out: tensor, inputs: [{name}]}}"]
    (tmp_path / "Runefile.yml").write_text("\n".join(lines) + "\n")
    whole, least = need(digits()).ram_bytes, fit(digits(), 1).after.ram_bytes
    ended = command("build", "Runefile.yml", "--ram", whole + least, "-o", "two.rune", "--json")
    assert ended.code == 0, ended.err
    takes = [one["after_bytes"] for one in json.loads(ended.out)["models"]]
    assert sum(takes) <= whole + least
    ended = command("build", "Runefile.yml", "--ram", 2 * least - 1, "-o", "two.rune")
    assert f"{2 * least:,} bytes of RAM are needed at least" in ended.err
