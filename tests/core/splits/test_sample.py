"""A sample shows every family before it repeats one, and grows without forgetting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UsageError
from core.splits.sample import sample
from core.store.splits import MemberRow

_FAMILIES = st.dictionaries(st.text("abc", min_size=1), st.integers(1, 5), min_size=1, max_size=6)


def _made(families: dict[str, int]) -> tuple[dict[str, int], dict[str, MemberRow]]:
    rows = [
        MemberRow("s", f"{f}/{n}", f, "train") for f, size in families.items() for n in range(size)
    ]
    return {row.task_id: n for n, row in enumerate(rows)}, {row.task_id: row for row in rows}


@given(families=_FAMILIES, n_tasks=st.integers(1, 30), seed=st.integers(0, 99))
def test_families_take_turns(families: dict[str, int], n_tasks: int, seed: int) -> None:
    tasks, members = _made(families)
    chosen = sample(tasks, members, n_tasks, seed)
    assert len(chosen) == min(n_tasks, len(tasks))
    counts = {f: sum(members[t].family == f for t in chosen) for f in families}
    unfinished = [counts[f] for f in families if counts[f] < families[f]]
    assert max(counts.values()) <= min(unfinished, default=99) + 1
    assert chosen.items() <= sample(tasks, members, n_tasks + 1, seed).items()
    backwards = dict(reversed(tasks.items()))
    assert sample(backwards, members, n_tasks, seed) == chosen


def test_another_seed_takes_other_tasks() -> None:
    tasks, members = _made({"a": 30})
    assert sample(tasks, members, 5, 1).keys() != sample(tasks, members, 5, 2).keys()


def test_a_sample_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError):
        sample({}, {}, 0, 0)
