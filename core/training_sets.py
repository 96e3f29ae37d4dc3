"""What a remote trainer may be given: a build's pairs, or a run's passing answers; no leak."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from core import joins
from core.agent.state import load_prompts
from core.agent.toolbox import Done
from core.agent.turns import answer_of
from core.chat import Message, Role, plain_message, plain_tool
from core.context import Context
from core.digest import digest
from core.errors import RefusedError
from core.pairs import operations as pairs
from core.pairs.formats import PairFormat, lines
from core.pairs.settled import count, settle
from core.rollouts import operations as rollouts
from core.splits import operations as splits
from core.store.decisions import DecisionCounts, load_decisions
from core.store.demonstrations import (
    AnswerCounts,
    AnswerRow,
    count_answers,
    load_passing_answers,
    policies_of,
)
from core.store.pairs import DatasetRow, PairRow, load_pairs, save_dataset
from core.store.runs import load_states
from core.store.splits import MemberRow
from core.together.message_rules import Kind
from core.training.remote.given import RemoteGiven, TrainingRow

_N_PER_TASK = 8
"""Demonstrations of one task: more of the same prompt teach nothing new."""


async def preferences(
    context: Context, build_id: str, *, include_flagged: bool, freezes: bool
) -> RemoteGiven:
    """A build's pairs as people decided, frozen as a dataset when they are to be sent."""
    build = await pairs.get_build(context, build_id)
    leak = ""
    try:
        await joins.leak_free(context, build.build_id)
    except RefusedError as refusal:
        if freezes:
            raise
        leak = str(refusal)
    if freezes:
        async with context.live.turn("pairs"):
            dataset = await pairs.freeze(context, build.build_id, include_flagged=include_flagged)
        dataset_id, rows, decided = dataset.row.dataset_id, dataset.pairs, dataset.decisions
    else:
        built = await load_pairs(context.store, build.build_id)
        states = await load_decisions(context.store, build.build_id)
        dataset_id, decided = "", count(built, states)
        rows = settle(built, states, include_flagged=include_flagged)
    answers = await _answers(context, build.run_id)
    return RemoteGiven(
        kind=Kind.DPO,
        source_id=build.build_id,
        dataset_id=dataset_id,
        rows=await _pair_rows(context, rows),
        decisions=decided,
        n_invalid=answers.n_invalid,
        n_answers=answers.n_answers,
        leak=leak,
    )


async def demonstrations(context: Context, run_id: str, *, freezes: bool) -> RemoteGiven:
    """What the passing rollouts of a run answered, step by step; format first."""
    run = await rollouts.get_run(context, run_id)
    plan = await rollouts.load_plan(context, run.run_id)
    members = await splits.members_of(context, plan.split_id)
    answers = await load_passing_answers(context.store, run.run_id)
    chosen, left_out = _choose(answers)
    leak = await _leak(context, plan.split_id, chosen, members, raises=freezes)
    states = await load_states(context.store, sorted({row.state for row in chosen}))
    rows = await asyncio.to_thread(_demonstration_rows, chosen, states, members)
    dataset_id = digest([row.line.decode() for row in rows])
    if freezes:
        body = msgspec.json.encode([(row.rollout_id, row.iteration) for row in chosen]).decode()
        dataset = DatasetRow(dataset_id, run.run_id, len(rows), body, context.now())
        await save_dataset(context.store, dataset)
    counts = await count_answers(context.store, run.run_id)
    return RemoteGiven(
        kind=Kind.SFT,
        source_id=run.run_id,
        dataset_id=dataset_id if freezes else "",
        rows=tuple(rows),
        decisions=DecisionCounts(),
        n_invalid=counts.n_invalid,
        n_answers=counts.n_answers,
        left_out=left_out,
        leak=leak,
    )


async def _pair_rows(context: Context, rows: Sequence[PairRow]) -> tuple[TrainingRow, ...]:
    states = await pairs.load_messages(context, list(rows))
    ids = {name for row in rows for name in (row.chosen_rollout, row.rejected_rollout)} - {""}
    policies = await policies_of(context.store, sorted(ids))
    texts = await asyncio.to_thread(lambda: list(lines(rows, states, PairFormat.TOGETHER)))
    return tuple(
        TrainingRow(
            line=line,
            task_id=row.task_id,
            family=row.family or row.task_id,
            preferred=row.chosen,
            by=_by(row, policies),
            changed_share=row.changed_share,
        )
        for row, line in zip(rows, texts, strict=True)
    )


def _by(row: PairRow, policies: Mapping[str, str]) -> tuple[str, ...]:
    known = [policies.get(name, "") for name in (row.chosen_rollout, row.rejected_rollout)]
    return tuple(known) if all(known) else ()


async def _answers(context: Context, run_id: str) -> AnswerCounts:
    return await count_answers(context.store, run_id) if run_id else AnswerCounts(0, 0)


def _choose(answers: Sequence[AnswerRow]) -> tuple[list[AnswerRow], dict[str, int]]:
    """Valid answers, each once for a state, a few of each task; the passing ones come first."""
    left_out, seen = Counter[str](), set[tuple[str, str]]()
    per_task = Counter[str]()
    chosen = []
    for row in answers:
        key = (row.state, row.actions or row.reply)
        if not row.is_valid or not key[1].strip():
            left_out["breaks the protocol"] += 1
        elif key in seen:
            left_out["the same answer to the same state"] += 1
        elif per_task[row.task_id] >= _N_PER_TASK:
            left_out[f"beyond {_N_PER_TASK} of a task"] += 1
        else:
            seen.add(key)
            per_task[row.task_id] += 1
            chosen.append(row)
    return chosen, dict(left_out)


async def _leak(
    context: Context,
    split_id: str,
    chosen: Sequence[AnswerRow],
    members: Mapping[str, MemberRow],
    *,
    raises: bool,
) -> str:
    tasks = {row.task_id for row in chosen}
    try:
        splits.refuse_outside_train(tasks, members)
        await splits.refuse_leaks(context, split_id, tasks)
    except RefusedError as refusal:
        if raises:
            raise
        return str(refusal)
    return ""


def _demonstration_rows(
    chosen: Sequence[AnswerRow], states: Mapping[str, str], members: Mapping[str, MemberRow]
) -> list[TrainingRow]:
    rows = []
    for answer in chosen:
        prompt = msgspec.json.decode(states[answer.state], type=tuple[Message, ...])
        said = _said(answer)
        row: dict[str, object] = {"messages": [plain_message(each) for each in (*prompt, said)]}
        if answer.tools:
            row["tools"] = [plain_tool(tool) for tool in load_prompts(answer.tools).tools]
        line = msgspec.json.encode(row) + b"\n"
        family = members[answer.task_id].family if answer.task_id in members else answer.task_id
        text = said.content or answer.actions
        rows.append(TrainingRow(line, answer.task_id, family, text, (answer.policy,), None))
    return rows


def _said(answer: AnswerRow) -> Message:
    """The answer as later states show it: of one with tools only what it asked for."""
    if not answer.actions:
        return Message(Role.ASSISTANT, answer.reply)
    done = msgspec.json.decode(answer.actions, type=tuple[Done, ...])
    return answer_of(done, answer.iteration, is_native=bool(answer.tools))
