"""Makes bugs: one small mistake put into a correct program, as a person might have made it.

The mistakes are drawn from a skewed table, since real ones are: an index one off is
common, an exchanged operand rare. A small share of them lies outside what the
built-in policy can undo in one edit, so that no benchmark made here can be solved wholly.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum

from core.digest import derive_seed
from core.edits.edit import Edit, Kind
from core.edits.enumerate import enumerate_edits


class Bug(StrEnum):
    """The mistake a mutant contains."""

    WRONG_VARIABLE = "wrong_variable"
    OFF_BY_ONE = "off_by_one"
    STRICTNESS = "strictness"
    MISSING_STEP = "missing_step"
    EXCHANGED_ARGUMENTS = "exchanged_arguments"
    AND_OR = "and_or"
    NEGATION = "negation"
    WRONG_OPERATOR = "wrong_operator"
    WRONG_COMPARISON = "wrong_comparison"
    WRONG_CALL = "wrong_call"
    WRONG_BOUND = "wrong_bound"
    WRONG_UPDATE = "wrong_update"
    MISSING_TERM = "missing_term"
    """The inverse, a guard, is only sometimes an edit of the policy."""
    MISSING_CALL = "missing_call"
    """No edit of the policy puts a call back."""
    MISSING_STATEMENT = "missing_statement"
    """No edit of the policy puts a statement back."""


class ForgeFate(StrEnum):
    """What became of a mutant when its program's cases ran."""

    ADMITTED = "admitted"
    """A shown case fails: it is a task."""
    SURVIVED = "survived"
    """Every case passes: the mistake shows nowhere."""
    ONLY_HELD_BACK = "only_held_back"
    """Only cases fail that an agent may not see."""
    HUNG = "hung"
    """It does not end, so no case could tell an agent anything."""
    DUPLICATE = "duplicate"
    """Another task has the same program."""
    BROKEN = "broken"
    """It does not even define its entry point."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A correct program with one mistake in it."""

    kind: Bug
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class _Mistake:
    weight: float
    kinds: frozenset[Kind]


def _mistake(weight: float, *kinds: Kind) -> _Mistake:
    return _Mistake(weight, frozenset(kinds))


BUG_MODEL: dict[Bug, _Mistake] = {
    Bug.WRONG_VARIABLE: _mistake(0.14, Kind.VAR_SWAP),
    Bug.OFF_BY_ONE: _mistake(0.22, Kind.CONST_STEP),
    Bug.STRICTNESS: _mistake(0.19, Kind.COMPARE_STRICT),
    Bug.MISSING_STEP: _mistake(0.06, Kind.DROP_OPERAND),
    Bug.EXCHANGED_ARGUMENTS: _mistake(0.07, Kind.ARG_SWAP, Kind.OPERAND_SWAP),
    Bug.AND_OR: _mistake(0.07, Kind.BOOL_SWAP),
    Bug.NEGATION: _mistake(0.06, Kind.NEGATE, Kind.COMPARE_NEGATE),
    Bug.WRONG_OPERATOR: _mistake(0.06, Kind.OP_SWAP),
    Bug.WRONG_COMPARISON: _mistake(0.02, Kind.COMPARE_FLIP),
    Bug.WRONG_CALL: _mistake(0.02, Kind.CALL_SWAP, Kind.ATTR_SWAP),
    Bug.WRONG_BOUND: _mistake(0.02, Kind.SLICE_DROP, Kind.RANGE_BOUND),
    Bug.WRONG_UPDATE: _mistake(0.02, Kind.AUGMENT),
    Bug.MISSING_TERM: _mistake(0.02, Kind.DROP_TERM),
    Bug.MISSING_CALL: _mistake(0.01, Kind.UNWRAP),
    Bug.MISSING_STATEMENT: _mistake(0.02, Kind.STMT_DELETE),
}
"""How often each mistake is made, where the program gives occasion, and by which edits."""


def mutants(program_source: str, seed: int, n_wanted: int) -> tuple[Mutant, ...]:
    """At most `n_wanted` mutants, all different, at different places while there are any.

    Comments and docstrings stay as they are. Asking for more with the same seed gives
    the same mutants first. Whether a mutant fails any test is not known here.
    """
    left: dict[Bug, list[Edit]] = {bug: [] for bug in BUG_MODEL}
    for edit in enumerate_edits(program_source):
        for bug, mistake in BUG_MODEL.items():
            if edit.kind in mistake.kinds and _is_plausible(program_source, edit, bug):
                left[bug].append(edit)
    chance = random.Random(derive_seed("forge", seed, program_source))
    sites: set[tuple[int, int]] = set()
    found: list[Mutant] = []
    while len(found) < n_wanted and any(left.values()):
        bugs = [bug for bug in left if left[bug]]
        bug = chance.choices(bugs, [BUG_MODEL[bug].weight for bug in bugs])[0]
        fresh = [edit for edit in left[bug] if (edit.start, edit.end) not in sites]
        edit = chance.choice(fresh or left[bug])
        left[bug].remove(edit)
        sites.add((edit.start, edit.end))
        found.append(Mutant(bug, edit.first_line, edit.apply(program_source)))
    return tuple(found)


def _is_plausible(source: str, edit: Edit, bug: Bug) -> bool:
    """Whether a person might write the result and no comment is lost."""
    if "#" in source[edit.start : edit.end]:
        return False
    if bug is Bug.MISSING_STATEMENT:
        return source.count("\n", edit.start, edit.end) <= 1
    if bug is Bug.MISSING_STEP:
        old = source[edit.start : edit.end]
        return len(old) - len(edit.text) <= len(" + 1") and edit.text.isidentifier()
    return True
