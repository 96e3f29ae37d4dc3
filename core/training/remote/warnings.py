"""What to know before a job is paid for: ids that stay, sentences with numbers, what to change.

Thresholds are from published practice where there is some (Tulu 3: unique prompts count, not
pairs; Step-DPO: below 500 steps; CodeAlign: the learning rate), else engineering guesses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core.costs.plan_warnings import PlanWarning
from core.text import plural
from core.together.message_rules import Kind
from core.together.training_file import Lengths
from core.training.remote.given import Contents, RemoteGiven
from core.training.remote.settings import MAX_SAFE_RATE, JobSettings
from core.training.remote.sizing import BookPrice, JobSizes

_FEW_STEPS, _MANY_STEPS = 50, 1_000
_FEW_TASKS, _FEW_PAIRS = 100, 300
_TINY_EDIT = 0.1
_EVEN = (0.9, 1.1)
_PADDING = 1.25
_FULL = 0.9
_MOST_FOREIGN, _MOST_SPLIT = 0.3, 0.1
_MOST_INVALID = 0.05
_DRIVER_TEXT = re.compile(
    r"\b\d+ of \d+ tests? (?:pass|fail)|test_result|\b(?:run|job)-\d{8}-\d{6}|all tests passed",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at."""

    given: RemoteGiven
    contents: Contents
    settings: JobSettings
    sizes: JobSizes
    price: BookPrice

    @property
    def lengths(self) -> Lengths:
        """Of the training rows."""
        return self.contents.training.report.lengths


Rule = Callable[[Facts], Iterator[PlanWarning]]


def find_warnings(facts: Facts) -> tuple[PlanWarning, ...]:
    """All that apply."""
    rules: list[Rule] = [_steps, _rate, _padding, _context, _few_tasks, _driver_text, _price]
    if facts.settings.kind is Kind.DPO:
        rules += [_tiny_edit, _crowded, _length, _off_policy, _style, _protocol]
    return tuple(warning for rule in rules for warning in rule(facts))


def _steps(facts: Facts) -> Iterator[PlanWarning]:
    sizes, n = facts.sizes, facts.sizes.n_steps
    if n < _FEW_STEPS:
        change = "more rows, or more epochs"
        if facts.settings.packing and sizes.n_steps_unpacked > n:
            change = f"--no-packing: {sizes.n_steps_unpacked:,} steps; or more rows"
        says = f"{plural(n, 'optimiser step')} predicted: hardly training; what changes is noise."
        yield PlanWarning("W-STEPS", says, change)
    elif n > _MANY_STEPS:
        says = f"{n:,} optimiser steps are predicted: likely too many."
        yield PlanWarning("W-STEPS", says, "fewer epochs, or fewer pairs per task")


def _rate(facts: Facts) -> Iterator[PlanWarning]:
    rate = facts.settings.learning_rate
    if facts.settings.kind is Kind.DPO and rate > MAX_SAFE_RATE:
        says = f"A learning rate of {rate:g} has made repair models worse at perfect accuracy."
        yield PlanWarning("W-LR", says, "--learning-rate 1e-5")


def _padding(facts: Facts) -> Iterator[PlanWarning]:
    settings, lengths = facts.settings, facts.lengths
    padded = lengths.n_rows * settings.max_seq_tokens
    if not settings.packing and padded > _PADDING * lengths.n_tokens:
        says = (
            f"Without packing every row is billed as {settings.max_seq_tokens:,} tokens: "
            f"{padded:,} instead of {lengths.n_tokens:,} an epoch."
        )
        packed = facts.sizes.n_steps_packed
        change = f"--packing: {plural(packed, 'step')} then; or a smaller --max-seq-tokens"
        yield PlanWarning("W-PACK", says, change)


def _context(facts: Facts) -> Iterator[PlanWarning]:
    report = facts.contents.training.report
    room = report.n_side_tokens
    if room is None:
        return
    n_long = sum(n for why, n in report.reasons.items() if why.startswith("longer than"))
    if n_long:
        says = f"{plural(n_long, 'row')} longer than the {room:,} tokens that there is room for."
        yield PlanWarning("W-CONTEXT", says, "--skip-bad leaves them out; or shorter prompts")
    elif report.lengths.n_longest_side > _FULL * room:
        says = (
            f"The longest side has about {report.lengths.n_longest_side:,} tokens of {room:,}: "
            "the model's own tokenizer may make more of it, and it would be cut."
        )
        yield PlanWarning("W-CONTEXT", says, "shorter prompts, or a larger --max-seq-tokens")


def _few_tasks(facts: Facts) -> Iterator[PlanWarning]:
    n_tasks = len({row.task_id for row in facts.contents.training.rows})
    n_rows = facts.lengths.n_rows
    if n_tasks < _FEW_TASKS:
        says = (
            f"{plural(n_tasks, 'task')} are {plural(n_tasks, 'prompt')}, however many rows they "
            f"give; no published result shows a gain from fewer than {_FEW_TASKS}."
        )
        yield PlanWarning("W-FEWTASKS", says, "rollouts on more tasks, or call it a pilot")
    elif facts.settings.kind is Kind.DPO and n_rows < _FEW_PAIRS:
        says = f"{n_rows:,} pairs; {_FEW_PAIRS} are the least worth a job."
        yield PlanWarning("W-FEWPAIRS", says, "more rollouts per task where outcomes differ")


def _driver_text(facts: Facts) -> Iterator[PlanWarning]:
    rows = facts.contents.training.rows
    n = sum(_DRIVER_TEXT.search(row.preferred) is not None for row in rows)
    if n:
        says = f"{plural(n, 'preferred answer')} with words of the driver, as test results."
        yield PlanWarning("W-LEAKTEXT", says, "drop them: the model would learn to claim success")


def _price(facts: Facts) -> Iterator[PlanWarning]:
    if facts.price.price_microusd is None:
        says = f"{facts.settings.model} has no training price: {facts.price.source}"
        yield PlanWarning("W-PRICE", says, "the service's estimate alone is held to the ceiling")


def _tiny_edit(facts: Facts) -> Iterator[PlanWarning]:
    share = facts.given.median_changed_share
    if share is not None and share < _TINY_EDIT and not facts.settings.rpo_alpha:
        says = f"The sides of a pair differ in {share:.0%} of their tokens, and rpo alpha is 0."
        yield PlanWarning("W-TINYEDIT", says, "--rpo-alpha 0.5: else both sides lose likelihood")


def _crowded(facts: Facts) -> Iterator[PlanWarning]:
    if n := facts.given.n_crowded:
        says = f"{plural(n, 'pair')} beyond the second with the same preferred answer."
        yield PlanWarning("W-DUPCHOSEN", says, "fewer pairs per task")


def _length(facts: Facts) -> Iterator[PlanWarning]:
    ratio = facts.lengths.length_ratio
    if ratio is not None and not _EVEN[0] <= ratio <= _EVEN[1]:
        says = f"Preferred answers are {ratio:.2f} times as long as the others, on average."
        has = "length normalisation is on" if facts.settings.normalises_length else "it is off"
        yield PlanWarning("W-LENGTH", says, f"--normalise-length against a bias to length; {has}")


def _off_policy(facts: Facts) -> Iterator[PlanWarning]:
    student = {facts.settings.parent, f"together:{facts.settings.model}"}
    known = [row.by[0] for row in facts.given.rows if row.by]
    n = sum(policy not in student for policy in known)
    if known and n > _MOST_FOREIGN * len(known):
        says = f"{n / len(known):.0%} of the preferred answers are not the student's own."
        yield PlanWarning("W-OFFPOLICY", says, "rollouts of the model that is tuned")


def _style(facts: Facts) -> Iterator[PlanWarning]:
    known = [row.by for row in facts.given.rows if len(row.by) > 1]
    n = sum(len(set(by)) > 1 for by in known)
    if known and n > _MOST_SPLIT * len(known):
        says = f"{n / len(known):.0%} of the pairs set one model's answer against another's."
        change = "pairs of one model's answers: else it learns whose style wins"
        yield PlanWarning("W-STYLESPLIT", says, change)


def _protocol(facts: Facts) -> Iterator[PlanWarning]:
    given = facts.given
    if given.n_answers and given.n_invalid > _MOST_INVALID * given.n_answers:
        share = given.n_invalid / given.n_answers
        says = f"{share:.0%} of the answers broke the protocol; preferences do not teach one."
        yield PlanWarning("W-PROTOCOL", says, "--method sft first, then --from-job that job")
