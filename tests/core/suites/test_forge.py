"""The forge makes small, different, repeatable mistakes, mostly ones that can be undone."""

from __future__ import annotations

import io
import tokenize
from collections import Counter

import pytest

from core.edits.enumerate import enumerate_edits
from core.suites.forge import BUG_MODEL, Bug, mutants
from tests.core.edits.programs import kata_programs
from tests.core.edits.test_enumerate import parses

PROGRAMS = kata_programs()
COMMENTED = '''"""Count 1 or more."""


def count(n, limit):
    """Return n + 1 and more."""
    # below limit < n
    total = 0  # starts at 0
    for step in range(n):  # n and limit
        if step < limit and step > 1:  # < and >
            total += step  # plus
    return total
'''


def comments(source: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    kinds = (tokenize.COMMENT, tokenize.STRING)
    return [token.string for token in tokens if token.type in kinds]


@pytest.mark.parametrize("source", PROGRAMS[::10])
def test_mutants_are_different_programs(source: str) -> None:
    found = mutants(source, seed=1, n_wanted=15)
    texts = [mutant.text for mutant in found]
    assert len(found) == len(set(texts)) == 15
    assert source not in texts
    assert all(map(parses, texts))


def test_the_line_of_a_mutant_is_the_first_that_differs() -> None:
    for mutant in mutants(COMMENTED, seed=3, n_wanted=40):
        pairs = zip(COMMENTED.split("\n"), mutant.text.split("\n"), strict=False)
        differing = [n for n, (old, new) in enumerate(pairs, 1) if old != new]
        assert differing[0] == mutant.line


def test_a_seed_repeats_and_asking_for_more_only_adds() -> None:
    many = mutants(PROGRAMS[0], seed=7, n_wanted=12)
    assert mutants(PROGRAMS[0], seed=7, n_wanted=5) == many[:5]
    assert mutants(PROGRAMS[0], seed=8, n_wanted=12) != many


def test_comments_and_docstrings_stay_as_they_are() -> None:
    found = mutants(COMMENTED, seed=0, n_wanted=1000)
    assert len(found) > 20
    assert all(comments(mutant.text) == comments(COMMENTED) for mutant in found)


def test_places_are_different_while_there_are_any() -> None:
    source = "def f():\n    return [10, 20, 30, 40, 50]\n"
    found = mutants(source, seed=2, n_wanted=1000)
    texts = [mutant.text for mutant in found if mutant.kind is Bug.OFF_BY_ONE]
    changed = [next(n for n in range(10, 51, 10) if str(n) not in text) for text in texts]
    assert sorted(changed[:5]) == [10, 20, 30, 40, 50]
    assert sorted(changed[5:]) == [10, 20, 30, 40, 50]


def test_the_mistakes_are_skewed_as_the_table_says() -> None:
    drawn = Counter(m.kind for source in PROGRAMS for m in mutants(source, seed=0, n_wanted=3))
    assert sum(mistake.weight for mistake in BUG_MODEL.values()) == pytest.approx(1.0)
    common = {Bug.OFF_BY_ONE, Bug.STRICTNESS, Bug.WRONG_VARIABLE}
    assert {kind for kind, _ in drawn.most_common(3)} == common
    assert drawn[Bug.MISSING_STATEMENT] < drawn[Bug.OFF_BY_ONE] / 4
    assert len(drawn) >= 12


def test_most_mistakes_can_be_undone_in_one_edit_but_not_all() -> None:
    undone: Counter[bool] = Counter()
    for source in PROGRAMS[::4]:
        for mutant in mutants(source, seed=0, n_wanted=4):
            edits = enumerate_edits(mutant.text)
            undone[any(edit.apply(mutant.text) == source for edit in edits)] += 1
    share = undone[True] / undone.total()
    assert 0.85 < share < 1.0


def test_a_text_without_any_occasion_has_no_mutants() -> None:
    assert mutants("def f(:\n", seed=0, n_wanted=3) == ()
    assert mutants("", seed=0, n_wanted=3) == ()
