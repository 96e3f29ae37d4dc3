"""What the policy sees of an edit and of the lines that tests ran."""

from __future__ import annotations

import numpy as np
import pytest

from core.edits.edit import Kind
from core.edits.enumerate import enumerate_edits
from core.policies.features import FEATURES, feature_matrix
from core.policies.reader import LineRuns
from tests.core.policies.states import PROGRAM

EDITS = enumerate_edits(PROGRAM)


def row_of(changed: str, *coverage: LineRuns) -> dict[str, float]:
    """The features of the edit that puts `changed` into the program."""
    matrix = feature_matrix(PROGRAM, EDITS, coverage)
    (n,) = [n for n, edit in enumerate(EDITS) if changed in edit.apply(PROGRAM)]
    return dict(zip(FEATURES, matrix[n].tolist(), strict=True))


RUNS = (LineRuns(2, 2, 3), LineRuns(3, 2, 3), LineRuns(4, 1, 0), LineRuns(6, 0, 3))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            "total = 1\n    for",
            {"ochiai": 2 / np.sqrt(10), "run_by_failing": 1, "run_by_all_failing": 1},
        ),
        (
            "cups[n] >= low",
            {"ochiai": 1 / np.sqrt(2), "ochiai_top": 1, "run_by_failing": 1}
            | {"run_by_failing_only": 1},
        ),
        ("cups[n] - 2", {"not_run": 1}),
        ("total + 1", {"run_by_no_failing": 1}),
    ],
)
def test_a_line_is_described_by_the_tests_that_ran_it(
    changed: str, expected: dict[str, float]
) -> None:
    row = row_of(changed, *RUNS)
    about_lines = {name: row[name] for name in FEATURES[FEATURES.index("ochiai") :]}
    assert {name: value for name, value in about_lines.items() if value} == pytest.approx(expected)


def test_unknown_coverage_says_nothing() -> None:
    row = row_of("total = 1\n    for")
    assert not any(row[name] for name in FEATURES[FEATURES.index("ochiai") :])


def test_an_edit_is_described_by_kind_place_and_neighbours() -> None:
    row = row_of("cups[n] >= low")
    assert row["kind=compare_strict"] == row["in_test"] == row["grows"] == 1
    assert row["kind=compare_flip"] == row["shrinks"] == row["in_return"] == 0
    n_strict = sum(edit.kind is Kind.COMPARE_STRICT for edit in EDITS)
    assert row["log_kind_count"] == pytest.approx(np.log(n_strict))
    assert row["depth"] == pytest.approx(1 / 3)


def test_every_row_has_one_kind_and_finite_numbers() -> None:
    matrix = feature_matrix(PROGRAM, EDITS, RUNS)
    kinds = [n for n, name in enumerate(FEATURES) if name.startswith("kind=")]
    assert (matrix[:, kinds].sum(axis=1) == 1).all()
    assert np.isfinite(matrix).all()
    assert np.abs(matrix).max() < 10
