"""What a run came to is one sum, whoever says it: settled, and at most so much more."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.agent.limits import Limits
from core.engine import Engine
from core.errors import CeilingError, RefusedError
from core.rollouts.operations import RunOptions
from core.store.ledger import LedgerBy
from core.store.runs import load_calls, load_rollouts
from tests.core.rollouts.held import held_run, until
from tests.core.rollouts.served import PRICE, served
from tests.core.together.chat import refused

_LIMITS = Limits(n_iterations=4)


async def _sums(engine: Engine, run_id: str) -> set[tuple[int, int]]:
    """Settled and unseen, as everybody says it; first the calls, which everybody counts alike."""
    (listed,) = [run for run in await engine.list_runs() if run.run_id == run_id]
    (line,) = [line for line in await engine.ledger(LedgerBy.RUN) if line.key == run_id]
    report, view = await engine.show_run(run_id), await engine.spending(run_id)
    measured = (await engine.measure_run(run_id)).measured
    assert listed.n_calls == report.n_calls == line.n_calls
    assert listed.n_tokens == report.n_tokens == line.n_prompt_tokens + line.n_completion_tokens
    return {
        (listed.cost_microusd, listed.unseen_microusd),
        (report.cost_microusd, report.unseen_microusd),
        (line.cost_microusd, line.unseen_microusd),
        (view.spent, view.unseen),
        (measured.ledger_microusd, measured.unseen_microusd),
    }


async def test_every_command_says_the_same_sum_and_a_release_frees_what_was_never_billed(
    workspace: Path,
) -> None:
    lost = refused(502, retry_after="0.01")
    async with served(workspace, lost, refused(400), n_concurrent=1) as (service, name, engine):
        options = RunOptions(name, 1, n_tasks=4, limits=_LIMITS, ceiling_microusd=10_000_000)
        run_id = (await engine.run_rollouts(options)).run_id
        ((spent, unseen),) = await _sums(engine, run_id)
        assert spent == sum(PRICE.cost(usage) for usage in service.billed)
        assert unseen > 0
        await engine.context.store.change(  # as a retry does before its resume
            lambda cursor: cursor.execute("DELETE FROM rollouts WHERE outcome = 'error'")
        )
        assert await _sums(engine, run_id) == {(spent, unseen)}
        await engine.set_ceiling(spent + unseen, run_id)
        with pytest.raises(CeilingError, match=r"spent, at most \$.* more.*`gemel cost release`"):
            await engine.resume_run(run_id)
        done = await engine.release_unseen(run_id)
        assert (done.released_microusd, done.now.spent, done.now.unseen) == (unseen, spent, 0)
        assert await _sums(engine, run_id) == {(spent, 0)}
        whole = await engine.context.spending.of_workspace(engine.context.store)
        assert (whole.spent, whole.unseen) == (spent, 0)
        assert (await engine.release_unseen(run_id)).released_microusd == 0


async def test_a_run_that_goes_on_releases_nothing(workspace: Path) -> None:
    async with held_run(workspace, n_tasks=1) as held:
        held.start()
        await until(lambda: held.policy.n_begun == 2, "both are asked")
        with pytest.raises(RefusedError, match="being worked on"):
            await held.engine.release_unseen(held.run.run_id)


async def test_an_answer_that_was_paid_for_keeps_its_price_when_prices_change(
    workspace: Path,
) -> None:
    async with served(workspace, n_concurrent=2) as (_, name, engine):
        options = RunOptions(name, 2, n_tasks=6, limits=_LIMITS, ceiling_microusd=30_000)
        with pytest.raises(CeilingError):
            await engine.run_rollouts(options)
        (run,) = await engine.list_runs()
        n_paid = run.n_calls
        book = workspace / "prices.toml"
        book.write_text(book.read_text().replace(str(PRICE.prompt), str(9 * PRICE.prompt)))
        await engine.set_ceiling(None, run.run_id)
        whole = await engine.resume_run(run.run_id)
        calls = await load_calls(engine.context.store, run.run_id)
        rows = await load_rollouts(engine.context.store, run.run_id)
    finished = {row.rollout_id: row.cost_microusd for row in rows}
    assert 0 < n_paid < len(calls)
    assert sum(finished.values()) == sum(call.cost_microusd for call in calls)
    assert whole.cost_microusd == sum(finished.values())
