"""The answers the built-in policy can give to a state, and how it weighs them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from core.edits.edit import Edit, TextKey, text_key
from core.edits.enumerate import enumerate_edits
from core.policies.features import Matrix, feature_matrix
from core.policies.reader import LineRuns, ReadState, strip_lines

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """All edits of one program, seen under one coverage."""

    program: str
    edits: tuple[Edit, ...]
    features: Matrix
    """One row for each edit."""
    index: dict[TextKey, int]
    """Position of the edit that makes a change."""
    shown_index: dict[TextKey, int]
    """The same for the program as attempts show it, without blanks at the ends of lines."""

    def mask(self, state: ReadState) -> npt.NDArray[np.bool_]:
        """True for the edits that the state does not show as tried."""
        is_open = np.ones(len(self.edits), dtype=np.bool_)
        for key in state.tried_keys():
            if key in self.shown_index:
                is_open[self.shown_index[key]] = False
        return is_open

    def noise(self, seed: int) -> Vector:
        """Gumbel noise of each edit; depends on the program and the seed, not on what was tried."""
        source = f"{seed}\n{self.program}".encode("utf-8", "surrogatepass")
        raw = hashlib.shake_256(source).digest(8 * len(self.edits))
        uniform = (np.frombuffer(raw, dtype="<u8") >> np.uint64(11)) + 0.5
        gumbel: Vector = -np.log(-np.log(uniform / 2.0**53))
        return gumbel


def candidates_of(state: ReadState) -> Candidates:
    """The candidates of a state; states with equal program and coverage share them."""
    return _candidates(state.program, state.coverage)


@lru_cache(maxsize=512)
def _candidates(program: str, coverage: tuple[LineRuns, ...]) -> Candidates:
    edits = enumerate_edits(program)
    keys = (text_key(program, edit.start, edit.end, edit.text) for edit in edits)
    index = {key: n for n, key in enumerate(keys)}
    features = feature_matrix(program, edits, coverage)
    features.setflags(write=False)
    stripped = strip_lines(program)
    shown = index if stripped == program else _shown_index(program, stripped, edits)
    return Candidates(program, edits, features, index, shown)


def _shown_index(program: str, stripped: str, edits: tuple[Edit, ...]) -> dict[TextKey, int]:
    results = (strip_lines(edit.apply(program)) for edit in edits)
    keys = [text_key(stripped, 0, len(stripped), result) for result in results]
    return {key: n for n, key in enumerate(keys)}
