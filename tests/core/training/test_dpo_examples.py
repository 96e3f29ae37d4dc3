"""A pair the policy could not have made is skipped with its reason, never silently."""

from __future__ import annotations

import pytest

from core.chat import Message, Role
from core.edits.block import EditBlock
from core.errors import UsageError
from core.policies.candidates import candidates_of
from core.policies.reader import read_state
from core.policies.theta import BASE_THETA
from core.training.dpo import train
from core.training.dpo_examples import DpoPair, prepare
from core.training.dpo_options import DpoOptions
from tests.core.policies.states import PATH, state, tried

STRICT = EditBlock(PATH, "        if cups[n] > low", "        if cups[n] >= low")
STEP = EditBlock(PATH, "    total = 0", "    total = 1")
GOOD = DpoPair(state(), STRICT.render(), STEP.render())
STRANGE = EditBlock(PATH, "    total = 0", "    total = 41").render()


def pair(chosen: str = GOOD.chosen, rejected: str = GOOD.rejected) -> DpoPair:
    return DpoPair(state(), chosen, rejected)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (pair(chosen=STRANGE), "chosen: not an edit the built-in policy can make"),
        (pair(rejected=STRANGE), "rejected: not an edit the built-in policy can make"),
        (pair(rejected="I give up."), "rejected: no edit block"),
        (pair(chosen=EditBlock(PATH, "total", "x").render()), "exactly once"),
        (pair(rejected=GOOD.chosen), "the same edit"),
        (DpoPair(state(attempts=(tried(STEP),)), GOOD.chosen, GOOD.rejected), "tried before"),
        (DpoPair((Message(Role.USER, "hi"),), GOOD.chosen, GOOD.rejected), "state: The built-in"),
    ],
)
def test_a_pair_that_cannot_be_used_is_reported(bad: DpoPair, reason: str) -> None:
    examples = prepare([GOOD, bad, GOOD])
    assert examples.kept == (0, 2)
    assert [skipped.index for skipped in examples.skipped] == [1]
    assert reason in examples.skipped[0].reason
    with pytest.raises(UsageError, match="None of 1 pairs"):
        train([bad], DpoOptions(), BASE_THETA)


def test_however_an_answer_is_written_it_is_the_same_edit() -> None:
    longer = EditBlock(PATH, f"def fill_cup(cups, low, high):\n{STEP.find}", "")
    same = EditBlock(PATH, longer.find, longer.find.replace("= 0", "= 1")).render()
    examples = prepare([GOOD, pair(rejected=f"Sure:\n{same}\nDone.")])
    assert (examples.rejected[0] == examples.rejected[1]).all()


def test_pairs_of_one_state_share_it_and_tried_edits_are_no_candidates() -> None:
    other = EditBlock(PATH, "    return total", "    return total + 1")
    later = DpoPair(state(attempts=(tried(other),)), GOOD.chosen, GOOD.rejected)
    examples = prepare([GOOD, later, GOOD])
    n_edits = len(candidates_of(read_state(state())).edits)
    assert [len(matrix) for matrix in examples.states] == [n_edits, n_edits - 1]
    assert examples.state_of.tolist() == [0, 1, 0]
