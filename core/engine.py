"""The one door: everything the app and the commands can ask for.

An engine owns a workspace while it is open. Its methods are the operations; each
returns plain dataclasses, tells its progress as events and can be cancelled at any
await without losing what is stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from core import joins
from core.chat import Message
from core.clock import Clock, SystemClock
from core.context import Context
from core.errors import StoreLockedError
from core.evaluation import operations as evaluation
from core.evaluation.operations import EvaluationOptions, EvaluationReport
from core.events import Emit, ignore
from core.live import LiveRun
from core.operation import operation
from core.pairs import decisions, queue
from core.pairs import operations as pairs
from core.pairs.candidates import PairOptions
from core.pairs.decisions import Action, Change
from core.pairs.formats import PairFormat
from core.pairs.operations import BuildReport, DatasetReport
from core.pairs.queue import Funnel, PairView
from core.rollouts import board
from core.rollouts import operations as rollouts
from core.rollouts.board import RunGrid
from core.rollouts.operations import RolloutTrace, RunOptions, RunReport
from core.sandbox.pool import Sandbox
from core.splits import operations as splits
from core.splits.operations import SplitColumns, SplitReport
from core.splits.sides import Ratios
from core.store.database import Store
from core.store.evaluations import EvaluationSummary
from core.store.jobs import JobSummary
from core.store.overview import Overview, Standing, load_overview, load_standing
from core.store.pair_pages import EVERY_PAIR, PairFilter, PairPage, PairSort
from core.store.pairs import BuildSummary
from core.store.runs import RunSummary, list_runs
from core.store.suites import SuiteSummary
from core.store.task_pages import TaskPage
from core.suites import browse
from core.suites import operations as suites
from core.suites.browse import TaskView
from core.suites.operations import CheckReport, ForgeReport, ImportReport
from core.training import operations as training
from core.training.operations import JobView, TrainOptions, TrainReport
from core.workspace import Workspace

_LOCK_PAUSE_S = 0.1


@dataclass(frozen=True, slots=True)
class Description:
    """The workspace and the machine below it."""

    workspace: str
    free_bytes: int
    sandbox: str
    """The confinement in force."""
    n_workers: int
    n_concurrent: int
    """Rollouts of a run that go on at once."""


class Engine:
    """An open workspace; made by `open_engine`. The marked methods are all there is to ask for."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def context(self) -> Context:
        """What the stages work with; only where the workspace is open."""
        return self._context

    @operation
    async def describe(self) -> Description:
        """What this engine works with."""
        context = self.context
        return Description(
            workspace=str(context.workspace.directory),
            free_bytes=context.workspace.free_bytes(),
            sandbox=context.sandbox.level,
            n_workers=context.sandbox.n_workers,
            n_concurrent=context.n_concurrent,
        )

    # suites and splits

    @operation(is_long=True)
    async def forge(self, seed: int = 0, n_per_program: int = 5) -> ForgeReport:
        """Make the built-in suite from its programs."""
        with self.context.live.claim(f"The suite {suites.BUILTIN_SUITE}"):
            return await suites.forge_builtin(self.context, seed, n_per_program)

    @operation(is_long=True)
    async def import_quixbugs(self, path: Path) -> ImportReport:
        """Import a QuixBugs checkout."""
        with self.context.live.claim("The suite quixbugs"):
            return await suites.import_quixbugs(self.context, path)

    @operation(is_long=True)
    async def check(self, suite: str, n_rounds: int = 2, *, again: bool = False) -> CheckReport:
        """Prove a suite: bugs fail, references pass."""
        with self.context.live.claim(f"The suite {suite}"):
            return await suites.check_suite(self.context, suite, n_rounds, again=again)

    @operation
    async def list_suites(self) -> list[SuiteSummary]:
        """All suites."""
        return await suites.suites(self.context)

    @operation
    async def suite_tasks(
        self, suite: str, offset: int = 0, limit: int = 50, text: str = ""
    ) -> TaskPage:
        """Some tasks of a suite, with oracle results and places in the newest split."""
        return await browse.task_page(self.context, suite, text, offset, limit)

    @operation
    async def task_view(self, task_id: str) -> TaskView:
        """One task as an agent will meet it, and proof of what it will not see."""
        return await browse.task_view(self.context, task_id)

    @operation(is_long=True)
    async def make_split(
        self, names: tuple[str, ...], ratios: Ratios = (0.6, 0.1, 0.3), seed: int = 0
    ) -> SplitReport:
        """Split the admitted tasks of suites by family."""
        tasks = await suites.admitted_tasks(self.context, names)
        chosen = [task for task, _ in tasks.values()]
        async with self.context.live.turn("splits"):
            return await splits.make(self.context, names, chosen, ratios, seed)

    @operation
    async def list_splits(self) -> list[SplitReport]:
        """All splits."""
        return await splits.splits(self.context)

    @operation
    async def show_split(self, split_id: str) -> SplitReport:
        """One split."""
        return await splits.report(self.context, split_id)

    @operation
    async def split_columns(self, split_id: str = "latest") -> SplitColumns:
        """One split side by side, with families and what is held out."""
        return await splits.columns(self.context, split_id)

    # rollouts

    @operation(is_long=True)
    async def run_rollouts(
        self, options: RunOptions, split_id: str = "latest", side: str = "train"
    ) -> RunReport:
        """Run one arm over a side of a split."""
        n_tasks, seed = options.n_tasks, options.first_seed
        split, tasks = await joins.side_of(self.context, split_id, side, n_tasks, seed)
        return await rollouts.start_rollouts(self.context, options, tasks, split, side)

    @operation(is_long=True)
    async def resume_run(self, run_id: str) -> RunReport:
        """Do what is missing of a run; an evaluation's run also gets its verdict."""
        run = await rollouts.get_run(self.context, run_id)
        plan = await rollouts.load_plan(self.context, run.run_id)
        tasks = await joins.tasks_of(self.context, plan)
        report = await rollouts.drive(self.context, run.run_id, tasks)
        if run.kind == "evaluation":
            row = await evaluation.of_run(self.context, run.run_id)
            if row.verdict is None:
                await evaluation.conclude(self.context, row.evaluation_id, tasks)
        return report

    @operation
    async def stop_run(self, run_id: str) -> RunReport:
        """Stop a run that is going on; what it finished is stored, `resume_run` does the rest."""
        run = await rollouts.get_run(self.context, run_id)
        await self.context.live.stop(run.run_id)
        return await rollouts.report_run(self.context, run.run_id)

    @operation
    async def live_runs(self) -> tuple[LiveRun, ...]:
        """The runs that are going on, each with its running rollouts."""
        return self.context.live.runs()

    @operation
    async def list_runs(self) -> list[RunSummary]:
        """All runs."""
        return await list_runs(self.context.store)

    @operation
    async def show_run(self, run_id: str) -> RunReport:
        """One run."""
        return await rollouts.report_run(self.context, run_id)

    @operation
    async def show_rollout(self, rollout_id: str) -> RolloutTrace:
        """One rollout, step by step."""
        return await rollouts.show_rollout(self.context, rollout_id)

    @operation
    async def show_state(self, state: str) -> tuple[Message, ...]:
        """The exact messages that a policy saw."""
        return await rollouts.show_state(self.context, state)

    @operation
    async def run_grid(self, run_id: str = "latest") -> RunGrid:
        """What came of a run, by task, arm and seed."""
        return await board.run_grid(self.context, run_id)

    # pairs and training

    @operation(is_long=True)
    async def build_pairs(
        self, run_id: str = "latest", options: PairOptions = PairOptions()
    ) -> BuildReport:
        """Build the pairs of a run."""
        run = await rollouts.get_run(self.context, run_id)
        plan = await rollouts.load_plan(self.context, run.run_id)
        tasks = {
            name: task for name, (task, _) in (await joins.tasks_of(self.context, plan)).items()
        }
        members = await splits.members_of(self.context, plan.split_id)
        async with self.context.live.turn("pairs"):
            return await pairs.build(self.context, run.run_id, tasks, members, options)

    @operation
    async def list_builds(self) -> list[BuildSummary]:
        """All builds of pairs."""
        return await pairs.builds(self.context)

    @operation
    async def show_build(self, build_id: str = "latest") -> BuildReport:
        """One build of pairs."""
        return await pairs.report(self.context, build_id)

    @operation(is_long=True)
    async def export_pairs(
        self,
        build_id: str,
        path: Path,
        kind: PairFormat,
        *,
        overwrite: bool = False,
        include_flagged: bool = False,
    ) -> DatasetReport:
        """Write a preference file; refuses a leak."""
        build = (await joins.leak_free(self.context, build_id)).build_id
        async with self.context.live.turn("pairs"):
            return await pairs.export(
                self.context,
                build,
                path,
                kind,
                overwrite=overwrite,
                include_flagged=include_flagged,
            )

    @operation
    async def pairs_page(
        self,
        build_id: str = "latest",
        wanted: PairFilter = EVERY_PAIR,
        sort: PairSort = PairSort.TASK,
        offset: int = 0,
        limit: int = 50,
    ) -> PairPage:
        """Some rows of a build's queue."""
        return await queue.page(self.context, build_id, wanted, sort, (offset, limit))

    @operation
    async def show_pair(self, pair_id: str, build_id: str = "latest") -> PairView:
        """One pair in full."""
        return await queue.show(self.context, build_id, pair_id)

    @operation
    async def funnel(self, build_id: str = "latest") -> Funnel:
        """From candidates to a dataset, in counts."""
        return await queue.funnel(self.context, build_id)

    @operation
    async def decide(self, pair_id: str, action: Action, note: str | None = None) -> Change:
        """Say what is to become of a pair; can be undone for ever."""
        return await decisions.decide(self.context, pair_id, action, note)

    @operation
    async def undo(self, n: int = 1) -> list[Change]:
        """Take back the newest decisions."""
        return await decisions.undo(self.context, n)

    @operation
    async def redo(self, n: int = 1) -> list[Change]:
        """Do again what was taken back."""
        return await decisions.redo(self.context, n)

    @operation(is_long=True)
    async def train(
        self,
        build_id: str = "latest",
        options: TrainOptions = TrainOptions(),
        *,
        include_flagged: bool = False,
    ) -> TrainReport:
        """Train the built-in policy on a build of pairs; refuses a leak."""
        dataset_id, examples = await joins.examples_of(
            self.context, build_id, include_flagged=include_flagged
        )
        return await training.train(self.context, dataset_id, examples, options)

    @operation
    async def list_jobs(self) -> list[JobSummary]:
        """All training jobs."""
        return await training.jobs(self.context)

    @operation
    async def show_job(self, job_id: str = "latest") -> JobView:
        """One training job with its metrics."""
        return await training.show_job(self.context, job_id)

    @operation
    async def cancel_job(self, job_id: str) -> JobSummary:
        """End a training job that is going on; what it measured is stored."""
        return await training.cancel_job(self.context, job_id)

    # evaluation

    @operation(is_long=True)
    async def evaluate(
        self,
        tuned: str,
        options: EvaluationOptions = EvaluationOptions(),
        split_id: str = "latest",
        heldout: str = "",
        base: str = "builtin",
    ) -> EvaluationReport:
        """Compare two policies on the test side, and on a held-out suite nobody trains on."""
        policies = (base, tuned)
        return await joins.evaluate(self.context, policies, options, split_id, heldout)

    @operation
    async def list_evaluations(self) -> list[EvaluationSummary]:
        """All evaluations."""
        return await evaluation.evaluations(self.context)

    @operation
    async def show_evaluation(self, evaluation_id: str = "latest") -> EvaluationReport:
        """One finished evaluation."""
        return await evaluation.show(self.context, evaluation_id)

    @operation
    async def overview(self) -> Overview:
        """Counts per stage."""
        return await load_overview(self.context.store)

    @operation
    async def standing(self) -> Standing:
        """Counts and rows that tell which stage comes next."""
        return await load_standing(self.context.store)


@asynccontextmanager
async def open_engine(
    workspace: Workspace,
    emit: Emit = ignore,
    clock: Clock | None = None,
    n_workers: int | None = None,
    n_concurrent: int = 16,
    patience_s: float = 1.0,
) -> AsyncIterator[Engine]:
    """Own a workspace until the block ends; then store and sandbox are closed in order.

    Waits up to `patience_s` for another owner to let go, then refuses.
    """
    store = await _open_store(workspace, patience_s)
    try:
        async with Sandbox(n_workers) as sandbox:
            context = Context(workspace, store, sandbox, clock or SystemClock(), emit, n_concurrent)
            yield Engine(context)
    finally:
        store.close()


async def _open_store(workspace: Workspace, patience_s: float) -> Store:
    for _ in range(round(patience_s / _LOCK_PAUSE_S)):
        try:
            return Store.open(workspace.directory)
        except StoreLockedError:
            await asyncio.sleep(_LOCK_PAUSE_S)
    return Store.open(workspace.directory)
