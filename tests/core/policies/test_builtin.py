"""The built-in policy samples what its weights say, and never the same edit twice."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from core.agent.state import Attempt
from core.edits.block import InvalidAnswer, parse
from core.edits.enumerate import enumerate_edits
from core.policies.builtin import NO_EDIT_LEFT, BuiltinPolicy
from core.policies.candidates import candidates_of
from core.policies.features import FEATURES
from core.policies.reader import read_state
from core.policies.theta import BASE_THETA, Theta
from core.policies.tokens import estimate_tokens
from tests.core.policies.states import PATH, PROGRAM, ask, state, tried

BASE = BuiltinPolicy(BASE_THETA, "base")
SMALL = "def f(a, b):\n    return a < b\n"


def rollout(policy: BuiltinPolicy, program: str, seed: int, n_calls: int) -> list[str]:
    """The programs that a rollout tries, one call after the other."""
    attempts: tuple[Attempt, ...] = ()
    found = []
    for _ in range(n_calls):
        block = parse(policy.answer(ask(state(program, attempts), seed)), PATH)
        attempts = (*attempts, tried(block))
        found.append(block.apply(program))
    return found


def theta(**weights: float) -> Theta:
    named = {name.replace("=", "_"): n for n, name in enumerate(FEATURES)}
    values = list(BASE_THETA.weights)
    for name, weight in weights.items():
        values[named[name]] = weight
    return Theta(FEATURES, tuple(values))


async def test_an_answer_is_one_block_that_applies_and_is_counted() -> None:
    reply = await BASE.chat(ask(state()))
    assert parse(reply.text, PATH).apply(PROGRAM) != PROGRAM
    assert reply.usage.n_completion_tokens == estimate_tokens(reply.text) > 10
    assert reply.usage.n_prompt_tokens > 200
    assert (BASE.name, reply.finish_reason) == ("base", "stop")


@pytest.mark.parametrize(
    "program", [PROGRAM, PROGRAM.replace("0\n", "0  \n").replace(":\n", ": \n")]
)
def test_a_rollout_tries_every_edit_once(program: str) -> None:
    n_edits = len(enumerate_edits(program))
    assert len(set(rollout(BASE, program, seed=3, n_calls=n_edits))) == n_edits


def test_when_all_is_tried_the_answer_has_no_edit() -> None:
    answers = {BASE.answer(ask(state(SMALL), seed)) for seed in range(500)}
    attempts = tuple(tried(parse(answer, PATH)) for answer in sorted(answers))
    assert len(attempts) == len(enumerate_edits(SMALL))
    assert BASE.answer(ask(state(SMALL, attempts))) == NO_EDIT_LEFT
    with pytest.raises(InvalidAnswer, match="no edit block"):
        parse(NO_EDIT_LEFT, PATH)


def test_a_rollout_is_a_draw_without_replacement_from_one_noise() -> None:
    read = read_state(state())
    candidates = candidates_of(read)
    scores = candidates.features @ np.array(BASE_THETA.weights) + candidates.noise(11)
    expected = [candidates.edits[n].apply(PROGRAM) for n in np.argsort(-scores)[:12]]
    assert rollout(BASE, PROGRAM, seed=11, n_calls=12) == expected


@pytest.mark.parametrize("weights", [{}, {"kind_compare_strict": 9.0, "kind_compare_flip": 8.5}])
def test_first_answers_are_distributed_as_the_softmax_says(weights: dict[str, float]) -> None:
    candidates = candidates_of(read_state(state(SMALL)))
    scores = candidates.features @ np.array(theta(**weights).weights)
    chances = np.exp(scores) / np.exp(scores).sum()
    policy = BuiltinPolicy(theta(**weights), "t")
    drawn = Counter(
        parse(policy.answer(ask(state(SMALL), seed)), PATH).apply(SMALL) for seed in range(3000)
    )
    for edit, chance in zip(candidates.edits, chances, strict=True):
        spread = np.sqrt(3000 * chance * (1 - chance))
        assert abs(drawn[edit.apply(SMALL)] - 3000 * chance) < 4.5 * spread + 1


def test_equal_questions_get_equal_answers_in_every_process_and_seeds_differ() -> None:
    answers = [BASE.answer(ask(state(), seed)) for seed in range(20)]
    assert len(set(answers)) > 10
    script = (
        "from tests.core.policies.test_builtin import BASE, ask, state; "
        "print([BASE.answer(ask(state(), seed)) for seed in range(20)])"
    )
    root = Path(__file__).parents[3]
    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=root,
        env={**os.environ, "PYTHONHASHSEED": "77"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == str(answers)


def test_temperature_zero_takes_the_best_edit_whatever_the_seed() -> None:
    policy = BuiltinPolicy(theta(kind_bool_swap=30.0), "t")
    temperatures = (0.0, 1e-320)
    blocks = {policy.answer(ask(state(), n, t)) for n in range(5) for t in temperatures}
    assert len(blocks) == 1
    assert "cups[n] > low or cups[n] < high" in blocks.pop()


def test_a_low_temperature_sharpens_the_choice() -> None:
    policy = BuiltinPolicy(theta(kind_bool_swap=3.0), "t")
    hot, cold = (
        sum(" or " in policy.answer(ask(state(), seed, temperature)) for seed in range(60))
        for temperature in (2.0, 0.3)
    )
    assert hot < 30 < cold


def test_coverage_steers_the_choice_once_it_has_weight() -> None:
    policy = BuiltinPolicy(theta(ochiai=60.0), "t")
    lone = "2:0/3 3:0/3 4:0/3 5:2/1 6:0/3"
    answers = [policy.answer(ask(state(coverage=lone), seed)) for seed in range(20)]
    assert all("total = total + cups[n] - 1" in answer for answer in answers)


def test_a_program_that_does_not_parse_gets_no_edit() -> None:
    assert BASE.answer(ask(state("def f(:\n"))) == NO_EDIT_LEFT


async def _next_round() -> None:
    await asyncio.sleep(0)


async def test_the_loop_goes_on_while_candidates_are_made() -> None:
    lines = [f"    t{n} = x{n % 7} + {n} * (x{n % 5} - {n % 3})" for n in range(12)]
    arguments = ", ".join(f"x{n}" for n in range(7))
    program = "\n".join([f"def f({arguments}):", *lines, "    return t9", ""])
    policy = BuiltinPolicy(BASE_THETA, "base")
    first = ask(state(program), 1)
    asked = [asyncio.create_task(policy.chat(first)) for _ in range(3)]
    n_rounds = 0
    while not all(task.done() for task in asked):
        n_rounds += 1
        await _next_round()
    assert n_rounds > 10, "others had their turn many times"
    assert {task.result().text for task in asked} == {policy.answer(first)}
    again = asyncio.create_task(policy.chat(ask(state(program), 2)))
    await asyncio.sleep(0)
    assert again.done(), "what is known is answered at once"
