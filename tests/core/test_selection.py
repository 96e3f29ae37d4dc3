"""A part of a suite is chosen by what is asked, repeatably, and never silently empty."""

from __future__ import annotations

import pytest

from core.errors import UsageError
from core.selection import Selection, select

NAMES = [("bread-1", "bread"), ("bread-2", "bread"), ("cake-1", "o/r:src/cake.py"), ("tea", "tea")]


def chosen(**asked: object) -> list[str]:
    selection = Selection(**asked)  # type: ignore[arg-type]
    return [name for name, _ in select(NAMES, lambda one: one, selection)]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["bread-1", "bread-2", "cake-1", "tea"]),
        ({"ids": ("tea", "suite/bread-1")}, ["bread-1", "tea"]),
        ({"globs": ("*-1",)}, ["bread-1", "cake-1"]),
        ({"globs": ("suite/b*", "tea")}, ["bread-1", "bread-2", "tea"]),
        ({"regex": "d-[12]$|^tea"}, ["bread-1", "bread-2", "tea"]),
        ({"families": ("bread",)}, ["bread-1", "bread-2"]),
        ({"families": ("suite/o/r:src/cake.py",)}, ["cake-1"]),
        ({"families": ("bread",), "globs": ("*-2",)}, ["bread-2"]),
    ],
)
def test_everything_that_is_asked_must_fit(asked: dict[str, object], names: list[str]) -> None:
    assert chosen(**asked) == names


def test_of_several_suites_a_name_with_its_suite_means_that_task_alone() -> None:
    names = [("kata/tea", "tea", "tea-family"), ("own/tea", "tea"), ("own/cake", "cake")]

    def found(**asked: object) -> list[str]:
        selection = Selection(**asked)  # type: ignore[arg-type] # one asks for any field
        return [one[0] for one in select(names, lambda one: one, selection)]

    assert found(ids=("own/tea",)) == ["own/tea"]
    assert found(ids=("tea",)) == ["kata/tea", "own/tea"]
    assert found(globs=("own/*",)) == ["own/tea", "own/cake"]
    assert found(globs=("t*",), regex="^tea$") == ["kata/tea", "own/tea"]
    assert found(families=("tea-family",)) == ["kata/tea"]
    with pytest.raises(UsageError, match="no task kata/cake here"):
        found(ids=("kata/cake",))


def test_a_count_draws_the_same_for_the_same_seed() -> None:
    draws = [tuple(chosen(n_tasks=2, seed=seed)) for seed in range(12)]
    assert draws == [tuple(chosen(n_tasks=2, seed=seed)) for seed in range(12)]
    assert len(set(draws)) > 3
    assert all(len(draw) == 2 for draw in draws)


def test_asking_for_more_keeps_those_that_were_drawn() -> None:
    for seed in range(5):
        assert set(chosen(n_tasks=1, seed=seed)) <= set(chosen(n_tasks=3, seed=seed))
    assert len(chosen(n_tasks=99)) == len(NAMES)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"ids": ("none",)}, "no task none here"),
        ({"globs": ("x*",)}, "None of the 4 tasks"),
        ({"regex": "("}, "no regular expression"),
        ({"n_tasks": 0}, "at least 1"),
    ],
)
def test_a_choice_that_cannot_be_made_says_why(asked: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        chosen(**asked)
