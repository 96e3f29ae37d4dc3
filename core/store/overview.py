"""How far a workspace is: one count per stage, and the newest rows of each."""

from __future__ import annotations

from dataclasses import dataclass

from core.store.database import Store
from core.store.evaluations import EvaluationSummary, list_evaluations
from core.store.jobs import JobSummary, list_jobs
from core.store.pairs import BuildSummary, list_builds
from core.store.runs import RunSummary, list_runs
from core.store.splits import SplitRow, list_splits
from core.store.suites import SuiteSummary, list_suites


@dataclass(frozen=True, slots=True)
class Overview:
    """Counts per stage of the pipeline and the newest results."""

    n_suites: int
    n_tasks: int
    n_admitted: int
    n_quarantined: int
    n_splits: int
    n_runs: int
    n_rollouts: int
    n_passed: int
    n_builds: int
    n_pairs: int
    n_pair_tasks: int
    n_jobs: int
    n_jobs_finished: int
    n_evaluations: int
    n_calls: int
    n_tokens: int
    cost_microusd: int
    last_verdict: str | None
    last_delta: float | None
    last_ci_low: float | None
    last_ci_high: float | None


_SQL = """
WITH newest AS (SELECT verdict, body FROM evaluation_results ORDER BY finished_at DESC LIMIT 1),
     build AS (SELECT build_id FROM pair_builds ORDER BY created_at DESC LIMIT 1),
     charge AS (SELECT arg_max(spent_microusd, rowid) AS spent FROM charges GROUP BY charge_id),
     checks AS (SELECT c.status FROM task_checks c JOIN tasks USING (task_id, task_hash))
SELECT (SELECT count(*) FROM suites), (SELECT count(*) FROM tasks),
    (SELECT count(*) FROM checks WHERE status = 'admitted'),
    (SELECT count(*) FROM checks WHERE status = 'quarantined'),
    (SELECT count(*) FROM splits), (SELECT count(*) FROM runs),
    (SELECT count(*) FROM rollouts), (SELECT count(*) FROM rollouts WHERE outcome = 'passed'),
    (SELECT count(*) FROM pair_builds),
    (SELECT count(*) FROM pairs WHERE build_id = (FROM build)),
    (SELECT count(DISTINCT task_id) FROM pairs WHERE build_id = (FROM build)),
    (SELECT count(*) FROM jobs),
    (SELECT count(DISTINCT job_id) FROM job_states WHERE status = 'finished'),
    (SELECT count(*) FROM evaluation_results), (SELECT count(*) FROM calls),
    (SELECT coalesce(sum(n_prompt_tokens + n_completion_tokens), 0)::BIGINT FROM calls),
    (SELECT coalesce(sum(cost_microusd), 0)::BIGINT FROM calls)
        + (SELECT coalesce(sum(spent), 0)::BIGINT FROM charge),
    (SELECT verdict FROM newest),
    (SELECT (body->>'$.test.delta')::DOUBLE FROM newest),
    (SELECT (body->>'$.test.ci_low')::DOUBLE FROM newest),
    (SELECT (body->>'$.test.ci_high')::DOUBLE FROM newest)
"""


async def load_overview(store: Store) -> Overview:
    """The counts as of the last commit."""
    (row,) = await store.fetch(_SQL)
    return Overview(*row)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a workspace is, as of its last commit; lists have the newest first."""

    overview: Overview
    suites: tuple[SuiteSummary, ...]
    splits: tuple[SplitRow, ...]
    runs: tuple[RunSummary, ...]
    """Without those of evaluations."""
    builds: tuple[BuildSummary, ...]
    jobs: tuple[JobSummary, ...]
    evaluations: tuple[EvaluationSummary, ...]


async def load_standing(store: Store) -> Standing:
    """All that tells which stage comes next."""
    runs = await list_runs(store)
    return Standing(
        overview=await load_overview(store),
        suites=tuple(await list_suites(store)),
        splits=tuple(await list_splits(store)),
        runs=tuple(run for run in runs if run.kind == "rollouts"),
        builds=tuple(await list_builds(store)),
        jobs=tuple(await list_jobs(store)),
        evaluations=tuple(await list_evaluations(store)),
    )


STATE_TABLES = ("run_states", "job_states", "job_events")
"""Where a run or a job that its engine left behind is marked as ended."""


async def has_unended(store: Store) -> bool:
    """Whether the newest state of any run or job is one that needs an engine.

    A job that runs at a remote trainer goes on without one.
    """
    ((found,),) = await store.fetch(
        "SELECT EXISTS (SELECT 1 FROM run_states GROUP BY run_id "
        "HAVING arg_max(status, rowid) IN ('running', 'paused')) OR "
        "EXISTS (SELECT 1 FROM job_states "
        "WHERE job_id NOT IN (SELECT job_id FROM remote_steps WHERE step = 'created') "
        "GROUP BY job_id HAVING arg_max(status, rowid) = 'running')"
    )
    return bool(found)
