"""What the built-in policy looks at: numbers that describe an edit in its context."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.edits.edit import Edit, Kind, Mark
from core.policies.reader import LineRuns

LOG_FAMILY_COUNT = "log_family_count"
_SHAPE = (
    LOG_FAMILY_COUNT,
    "log_kind_count",
    "log_line_count",
    "log_site_count",
    "log_length",
    "grows",
    "shrinks",
    "depth",
    "late",
    "spans_lines",
)
_COVERAGE = (
    "ochiai",
    "ochiai_top",
    "run_by_failing",
    "run_by_all_failing",
    "run_by_failing_only",
    "run_by_no_failing",
    "not_run",
)
FEATURES: tuple[str, ...] = (
    *(f"kind={kind}" for kind in Kind),
    *(str(mark) for mark in Mark),
    *_SHAPE,
    *_COVERAGE,
)
"""Names of the features, in the order of the weights."""

_FAMILIES = (
    (Kind.COMPARE_OTHER, Kind.COMPARE_STEP),
    (Kind.DROP_TERM, Kind.DROP_OPERAND, Kind.UNWRAP),
    (Kind.CALL_SWAP, Kind.ATTR_SWAP),
    (Kind.STMT_DELETE, Kind.STMT_SWAP, Kind.JUMP_SWAP),
    (Kind.EXPR_VAR, Kind.POWER, Kind.MINMAX_WRAP),
    (Kind.GUARD, Kind.COND_VAR, Kind.RETURN_CONST),
    (Kind.SLICE_ADD, Kind.SLICE_DROP, Kind.RANGE_BOUND),
)
_FAMILY = {kind: kind for kind in Kind} | {kind: many[0] for many in _FAMILIES for kind in many}
"""Kinds that the untrained policy counts as one."""
Matrix = npt.NDArray[np.float64]
_KINDS = {kind: n for n, kind in enumerate(Kind)}
_MARKS = {mark: len(Kind) + n for n, mark in enumerate(Mark)}
_N_FLAGS = len(Kind) + len(Mark)


def feature_matrix(program: str, edits: Sequence[Edit], coverage: Sequence[LineRuns]) -> Matrix:
    """One row for each edit; the coverage columns are zero when coverage is unknown."""
    matrix = np.zeros((len(edits), len(FEATURES)))
    kinds = Counter(edit.kind for edit in edits)
    families = Counter(_FAMILY[edit.kind] for edit in edits)
    lines = Counter(edit.first_line for edit in edits)
    sites = Counter((edit.start, edit.end) for edit in edits)
    n_lines = program.count("\n") + 1
    runs = _LineScores(coverage)
    for row, edit in zip(matrix, edits, strict=True):
        row[_KINDS[edit.kind]] = 1.0
        for mark in edit.marks:
            row[_MARKS[mark]] = 1.0
        n_grown = len(edit.text) - (edit.end - edit.start)
        row[_N_FLAGS:] = (
            math.log(families[_FAMILY[edit.kind]]),
            math.log(kinds[edit.kind]),
            math.log(lines[edit.first_line]),
            math.log(sites[edit.start, edit.end]),
            math.log1p(len(edit.text) + edit.end - edit.start) / 4,
            float(n_grown > 0),
            float(n_grown < 0),
            min(edit.depth, 3) / 3,
            edit.first_line / n_lines,
            float(edit.last_line > edit.first_line),
            *runs.of(edit),
        )
    return matrix


class _LineScores:
    """The coverage columns of the lines of a program."""

    def __init__(self, coverage: Sequence[LineRuns]) -> None:
        self._runs = {runs.line: runs for runs in coverage}
        self._n_failing = max((runs.n_failing for runs in coverage), default=0)
        self._top = max((self._ochiai(runs) for runs in coverage), default=0.0)

    def of(self, edit: Edit) -> tuple[float, ...]:
        if not self._n_failing:
            return (0.0,) * len(_COVERAGE)
        lines = {edit.statement_line, *range(edit.first_line, edit.last_line + 1)}
        runs = [self._runs[line] for line in lines if line in self._runs]
        if not runs:
            return (0.0,) * (len(_COVERAGE) - 1) + (1.0,)
        best = max(runs, key=self._ochiai)
        score = self._ochiai(best)
        return (
            score,
            float(score >= self._top - 1e-9),
            float(best.n_failing > 0),
            float(best.n_failing == self._n_failing),
            float(best.n_failing > 0 and best.n_passing == 0),
            float(best.n_failing == 0),
            0.0,
        )

    def _ochiai(self, runs: LineRuns) -> float:
        n_ran = runs.n_failing + runs.n_passing
        return runs.n_failing / math.sqrt(self._n_failing * n_ran) if n_ran else 0.0
