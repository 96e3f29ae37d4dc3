"""Links between tasks: why two of them may belong together, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LinkKind(StrEnum):
    """Which test found that two tasks belong together."""

    PROGRAM = "program"
    """Bugs of one program of one suite."""
    KIN = "kin"
    """Their suites say so: one file, one commit, the same program in another language."""
    EXACT = "exact"
    """The same text."""
    LAYOUT = "layout"
    """The same program up to layout, comments and documentation."""
    RENAMED = "renamed"
    """The same program up to names and layout."""
    KNOWN = "known"
    """The shipped list of relatives across public suites has them."""
    SHAPE = "shape"
    """Their programs share most runs of tokens."""
    CONTRACT = "contract"
    """Their descriptions say nearly the same."""
    BEHAVIOUR = "behaviour"
    """The reference of the one passes the cases of the other."""
    ANSWER = "answer"
    """A person said so."""


@dataclass(frozen=True, slots=True)
class Link:
    """Two tasks, and the evidence that they are related."""

    one: str
    other: str
    kind: LinkKind
    evidence: str
    is_certain: bool = True
    """Otherwise it joins nothing before a person says yes."""


@dataclass(frozen=True, slots=True)
class TestDone:
    """One test of a comparison, and what came of it."""

    __test__ = False
    kind: LinkKind
    n_compared: int
    """Tasks or pairs, as `unit` says."""
    unit: str
    n_found: int
