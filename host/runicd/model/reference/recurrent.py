"""SVDF and UNIDIRECTIONAL_SEQUENCE_LSTM: their states, which are inputs, are written in place."""

from __future__ import annotations

import math

import numpy as np

from runicd.model.reference.rounding import Integers, scale_of, wrap
from runicd.model.reference.sixteen import logistic_at, tanh_at
from runicd.model.reference.tensors import Array, Call

_SVDF_STATE = 4
_WEIGHTS, _RECURRENT, _BIAS = 1, 5, 12  # the first of four gates
_HIDDEN, _CELL = 18, 19
_INPUT_GATE, _FORGET_GATE, _CELL_GATE, _OUTPUT_GATE = range(4)
_GATE_STEPS = 4096.0  # Q3.12
_STEP = 1 / 32768  # Q0.15


def svdf(call: Call) -> Array:
    """SVDF: `rank` filters for each output, each keeping its last results, the newest last."""
    data, weights, time_weights = (call.value(place) for place in range(3))
    filters, memory = time_weights.shape
    state = call.value(_SVDF_STATE).reshape(-1, filters, memory)
    flat = state.reshape(-1)
    flat[:-1] = flat[1:].copy()
    if call.is_float:
        state[:, :, -1] = data.astype(np.float64) @ weights.astype(np.float64).T
    else:
        ratio = call.input(0).scale * call.input(1).scale / call.input(_SVDF_STATE).scale
        newest = call.requantise(call.centred(0) @ weights.T.astype(np.int64), scale_of([ratio]))
        ends = np.iinfo(state.dtype)
        zero_point = call.input(_SVDF_STATE).zero_point
        # Saturated first: a sum with the zero point that is past the type wraps around.
        state[:, :, -1] = (np.clip(newest, ends.min, ends.max) + zero_point).astype(state.dtype)
    return _svdf_output(call, state, time_weights)


def _svdf_output(call: Call, state: Array, time_weights: Array) -> Array:
    """Return the weighted sums of what is kept, by output."""
    bias = call.values[3]
    shape = (*call.output.shape, -1)
    if call.is_float:
        total = (state.astype(np.float64) * time_weights).reshape(shape).sum(-1)
        return call.activated(total if bias is None else total + bias)
    centred = state.astype(np.int64) - call.input(_SVDF_STATE).zero_point
    total = (centred * time_weights).reshape(shape).sum(-1)
    total = wrap(total if bias is None else total + bias)
    ratio = call.input(_SVDF_STATE).scale * call.input(2).scale / call.output.scale
    result = wrap(call.requantise(total, scale_of([ratio])) + call.output.zero_point)
    return np.asarray(np.clip(result, -128, 127), np.int8)


def lstm(call: Call) -> Array:
    """UNIDIRECTIONAL_SEQUENCE_LSTM without peepholes, projection and layer normalisation."""
    step = _step_f32 if call.is_float else _step_s8
    data = call.value(0)
    hidden = call.value(_HIDDEN).reshape(-1, call.output.shape[2])
    cell = call.value(_CELL).reshape(hidden.shape)
    result = np.empty(call.output.shape, hidden.dtype)
    time_axis = 0 if call.options["time_major"] else 1
    for given, made in zip(
        np.moveaxis(data, time_axis, 0), np.moveaxis(result, time_axis, 0), strict=True
    ):
        step(call, given, hidden, cell)
        made[:] = hidden
    return result


def _step_f32(call: Call, given: Array, hidden: Array, cell: Array) -> None:
    gates = [
        given.astype(np.float64) @ call.value(_WEIGHTS + gate).T
        + hidden.astype(np.float64) @ call.value(_RECURRENT + gate).T
        + call.value(_BIAS + gate)
        for gate in range(4)
    ]
    let_in, forget, let_out = (
        1 / (1 + np.exp(-gates[gate])) for gate in (_INPUT_GATE, _FORGET_GATE, _OUTPUT_GATE)
    )
    kept = forget * cell + let_in * np.tanh(gates[_CELL_GATE])
    clip = float(call.options["cell_clip"])
    cell[:] = np.clip(kept, -clip, clip) if clip > 0 else kept
    hidden[:] = let_out * np.tanh(cell.astype(np.float64))


def _step_s8(call: Call, given: Array, hidden: Array, cell: Array) -> None:
    cell_scale, hidden_scale = call.input(_CELL).scale, call.input(_HIDDEN).scale
    gates = [_gate_s8(call, given, hidden, gate) for gate in range(4)]
    let_in, forget, let_out = (
        _logistic_16(gates[gate]) for gate in (_INPUT_GATE, _FORGET_GATE, _OUTPUT_GATE)
    )
    news = _tanh_16(gates[_CELL_GATE], 0)
    old = _saturated(call.requantise(forget * cell, scale_of([_STEP])))
    added = call.requantise(let_in * news, scale_of([_STEP * _STEP / cell_scale]))
    kept = _saturated(old + _saturated(added))
    clip = min(int(float(np.float32(call.options["cell_clip"])) / cell_scale), 32767)
    cell[:] = np.clip(kept, -clip, clip) if clip > 0 else kept
    shown = _tanh_16(cell.astype(np.int64), int(math.log2(cell_scale)) + 12)
    result = call.requantise(let_out * shown, scale_of([_STEP * _STEP / hidden_scale]))
    hidden[:] = np.clip(wrap(result + call.input(_HIDDEN).zero_point), -128, 127)


def _gate_s8(call: Call, given: Array, hidden: Array, gate: int) -> Integers:
    """Return a gate before its function, as Q3.12."""
    parts = []
    for place, source, values in ((_WEIGHTS, 0, given), (_RECURRENT, _HIDDEN, hidden)):
        tensor = call.input(source)
        sums = (values.astype(np.int64) - tensor.zero_point) @ call.value(place + gate).T.astype(
            np.int64
        )
        if place == _WEIGHTS:
            sums = wrap(sums + call.value(_BIAS + gate))
        scale = scale_of([tensor.scale * call.input(place + gate).scale * _GATE_STEPS])
        parts.append(_saturated(call.requantise(sums, scale)))
    return _saturated(parts[0] + parts[1])


def _saturated(values: Integers) -> Integers:
    """Return values within 16 bits."""
    return np.asarray(np.clip(values, -(2**15), 2**15 - 1))


def _logistic_16(values: Integers) -> Integers:
    """Return the logistic function of Q3.12 as Q0.15."""
    return logistic_at(values * 3)


def _tanh_16(values: Integers, shift: int) -> Integers:
    """Return the hyperbolic tangent as Q0.15, of values whose scale is 2^(shift - 12)."""
    place = values * 3 << shift if shift >= 0 else (values * 3 + (1 << (-shift - 1))) >> -shift
    return tanh_at(place)
