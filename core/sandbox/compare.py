"""Decides whether a returned value is the expected one, outside the process that returned it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from core.errors import UnfitTaskError
from core.sandbox.holds import holds
from core.sandbox.zygote.literal import read
from core.task import Case, Comparator


def matches(case: Case, comparator: Comparator, text: str) -> bool:
    """Whether `text`, the literal that came back, is what the case expects.

    Raises UnfitTaskError when the case itself holds no literal: that is no verdict.
    """
    if comparator is Comparator.HOLDS:
        return _holds(case, text)
    try:
        expected = read(case.expected, len(case.expected))
        tolerance = _tolerance(case) if comparator is Comparator.APPROX else 0.0
    except ValueError as error:
        raise UnfitTaskError(f"the case {case.args} cannot be judged: {error}") from error
    if comparator is Comparator.ITERATES and isinstance(expected, tuple):
        expected = list(expected)
    try:
        return _same(read(text), expected, comparator is Comparator.SEQUENCE, tolerance)
    except (ValueError, RecursionError, OverflowError):
        return False


def _holds(case: Case, text: str) -> bool:
    try:
        value = read(text)
    except (ValueError, RecursionError, OverflowError):
        return False
    try:
        return holds(case.expected, value)
    except ValueError as error:
        raise UnfitTaskError(f"the case {case.args} cannot be judged: {error}") from error


def _tolerance(case: Case) -> float:
    args = read(case.args, len(case.args))
    last = args[-1] if isinstance(args, tuple) and args else None
    if isinstance(last, bool) or not isinstance(last, int | float) or not last >= 0:
        raise ValueError("its last argument is no tolerance")
    return float(last)


def _same(got: Any, expected: Any, is_loose: bool, tolerance: float) -> bool:
    """Python's equality, plus: NaN is NaN, and what the comparator forgives."""
    sequences = (list, tuple)
    if isinstance(got, sequences) and isinstance(expected, sequences):
        if type(got) is not type(expected) and not is_loose:
            return False
        return _same_items(got, expected, is_loose, tolerance)
    if isinstance(got, dict) and isinstance(expected, dict):
        return got.keys() == expected.keys() and _same_items(
            [got[key] for key in expected], list(expected.values()), is_loose, tolerance
        )
    return got == expected or _same_number(got, expected, tolerance)


def _same_items(
    got: Sequence[Any], expected: Sequence[Any], is_loose: bool, tolerance: float
) -> bool:
    return len(got) == len(expected) and all(
        _same(a, b, is_loose, tolerance) for a, b in zip(got, expected, strict=True)
    )


def _same_number(got: Any, expected: Any, tolerance: float) -> bool:
    numbers = (int, float)
    if isinstance(got, bool) or not isinstance(got, numbers) or not isinstance(expected, numbers):
        return False
    if math.isnan(got) or math.isnan(expected):
        return math.isnan(got) and math.isnan(expected)
    if math.isinf(got) or math.isinf(expected):
        return False
    return abs(got - expected) <= tolerance if tolerance else False
