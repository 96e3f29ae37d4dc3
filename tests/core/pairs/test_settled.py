"""What decisions make of a build: which pairs a dataset holds, and which way round."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RefusedError
from core.pairs.settled import count, settle
from core.store.decisions import Choice, Decision
from tests.core.pairs.made import pair

PAIRS = [pair(f"p{n}") for n in range(6)]

_STATES = st.dictionaries(
    st.sampled_from([p.pair_id for p in PAIRS]),
    st.builds(Decision, st.sampled_from(Choice), st.booleans()),
)


@given(states=_STATES)
def test_all_but_the_dropped_pairs_stay_and_only_swapped_ones_turn(
    states: dict[str, Decision],
) -> None:
    held = {p.pair_id for p in PAIRS if states.get(p.pair_id, Decision()).choice is not Choice.DROP}
    if not held:
        with pytest.raises(RefusedError, match="dropped"):
            settle(PAIRS, states, include_flagged=True)
        return
    rows = settle(PAIRS, states, include_flagged=True)
    assert {row.pair_id for row in rows} == held
    for row in rows:
        is_swapped = states.get(row.pair_id, Decision()).is_swapped
        good, bad = f"good {row.pair_id}", f"bad {row.pair_id}"
        assert (row.chosen, row.rejected) == ((bad, good) if is_swapped else (good, bad))
        sides = (row.chosen_rollout, row.chosen_iteration)
        assert sides == ((f"{row.pair_id}-bad", 5) if is_swapped else (f"{row.pair_id}-good", 2))


@given(states=_STATES)
def test_the_counts_sum_to_the_pairs(states: dict[str, Decision]) -> None:
    n = count(PAIRS, states)
    assert n.n_kept + n.n_dropped + n.n_flagged + n.n_undecided == len(PAIRS)
    assert n.n_flagged == sum(state.choice is Choice.FLAG for state in states.values())
    assert n.n_swapped == sum(state.is_swapped for state in states.values())


def test_a_flagged_pair_is_refused_by_name_unless_it_is_asked_for() -> None:
    states = {"p3": Decision(Choice.FLAG)}
    with pytest.raises(RefusedError, match=r"p3.*--include-flagged"):
        settle(PAIRS, states)
    assert len(settle(PAIRS, states, include_flagged=True)) == len(PAIRS)
