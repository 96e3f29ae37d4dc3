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

from core.agent.state import Baseline
from core.clock import Clock, SystemClock
from core.context import Context
from core.errors import RefusedError, StoreLockedError, UsageError
from core.evaluation import operations as evaluation
from core.evaluation.operations import EvaluationOptions, EvaluationReport
from core.events import Emit, ignore
from core.pairs import operations as pairs
from core.pairs.candidates import PairOptions
from core.pairs.formats import PairFormat
from core.pairs.operations import BuildReport, DatasetReport
from core.rollouts import operations as rollouts
from core.rollouts.arm import make_arm, refuse_unequal
from core.rollouts.operations import RolloutTrace, RunOptions, RunReport
from core.rollouts.plan import RunPlan
from core.sandbox.pool import Sandbox
from core.splits import operations as splits
from core.splits.operations import SplitReport
from core.splits.sample import sample
from core.splits.sides import Ratios
from core.store.database import Store
from core.store.jobs import JobSummary
from core.store.overview import Overview, load_overview
from core.store.pairs import BuildSummary
from core.store.runs import RunSummary, list_runs
from core.store.suites import SuiteSummary
from core.suites import operations as suites
from core.suites.operations import CheckReport, ForgeReport, ImportReport
from core.task import Task
from core.training import operations as training
from core.training.dpo_examples import DpoPair
from core.training.operations import TrainOptions, TrainReport
from core.workspace import Workspace

Tasks = dict[str, tuple[Task, Baseline]]

_N_LOCK_TRIES, _LOCK_PAUSE_S = 10, 0.1


@dataclass(frozen=True, slots=True)
class Engine:
    """An open workspace; made by `open_engine`."""

    context: Context

    # suites and splits

    async def forge(self, seed: int = 0, n_per_program: int = 5) -> ForgeReport:
        """Make the built-in suite from its programs."""
        return await suites.forge_builtin(self.context, seed, n_per_program)

    async def import_quixbugs(self, path: Path) -> ImportReport:
        """Import a QuixBugs checkout."""
        return await suites.import_quixbugs(self.context, path)

    async def check(self, suite: str, n_rounds: int = 2, *, again: bool = False) -> CheckReport:
        """Prove a suite: bugs fail, references pass."""
        return await suites.check_suite(self.context, suite, n_rounds, again=again)

    async def list_suites(self) -> list[SuiteSummary]:
        """All suites."""
        return await suites.suites(self.context)

    async def make_split(
        self, names: tuple[str, ...], ratios: Ratios = (0.6, 0.1, 0.3), seed: int = 0
    ) -> SplitReport:
        """Split the admitted tasks of suites by family."""
        tasks = await suites.admitted_tasks(self.context, names)
        chosen = [task for task, _ in tasks.values()]
        return await splits.make(self.context, names, chosen, ratios, seed)

    async def list_splits(self) -> list[SplitReport]:
        """All splits."""
        return await splits.splits(self.context)

    async def show_split(self, split_id: str) -> SplitReport:
        """One split."""
        return await splits.report(self.context, split_id)

    # rollouts

    async def run_rollouts(
        self, options: RunOptions, split_id: str = "latest", side: str = "train"
    ) -> RunReport:
        """Run one arm over a side of a split."""
        split, tasks = await self._side(split_id, side, options.n_tasks, options.first_seed)
        return await rollouts.start_rollouts(self.context, options, tasks, split, side)

    async def resume_run(self, run_id: str) -> RunReport:
        """Do what is missing of a run; an evaluation's run also gets its verdict."""
        run = await rollouts.get_run(self.context, run_id)
        plan = await rollouts.load_plan(self.context, run.run_id)
        tasks = await self._tasks_of(plan)
        report = await rollouts.drive(self.context, run.run_id, tasks)
        if run.kind == "evaluation":
            row = await evaluation.of_run(self.context, run.run_id)
            if row.verdict is None:
                await evaluation.conclude(self.context, row.evaluation_id, tasks)
        return report

    async def list_runs(self) -> list[RunSummary]:
        """All runs."""
        return await list_runs(self.context.store)

    async def show_run(self, run_id: str) -> RunReport:
        """One run."""
        return await rollouts.report_run(self.context, run_id)

    async def show_rollout(self, rollout_id: str) -> RolloutTrace:
        """One rollout, step by step."""
        return await rollouts.show_rollout(self.context, rollout_id)

    # pairs and training

    async def build_pairs(
        self, run_id: str = "latest", options: PairOptions = PairOptions()
    ) -> BuildReport:
        """Build the pairs of a run."""
        run = await rollouts.get_run(self.context, run_id)
        plan = await rollouts.load_plan(self.context, run.run_id)
        tasks = {name: task for name, (task, _) in (await self._tasks_of(plan)).items()}
        members = await splits.members_of(self.context, plan.split_id)
        return await pairs.build(self.context, run.run_id, tasks, members, options)

    async def list_builds(self) -> list[BuildSummary]:
        """All builds of pairs."""
        return await pairs.builds(self.context)

    async def show_build(self, build_id: str = "latest") -> BuildReport:
        """One build of pairs."""
        return await pairs.report(self.context, build_id)

    async def export_pairs(
        self, build_id: str, path: Path, kind: PairFormat, *, overwrite: bool = False
    ) -> DatasetReport:
        """Write a preference file; refuses a leak."""
        build = await self._leak_free(build_id)
        return await pairs.export(self.context, build.build_id, path, kind, overwrite=overwrite)

    async def train(
        self, build_id: str = "latest", options: TrainOptions = TrainOptions()
    ) -> TrainReport:
        """Train the built-in policy on a build of pairs; refuses a leak."""
        build = await self._leak_free(build_id)
        dataset, rows = await pairs.freeze(self.context, build.build_id)
        states = await pairs.load_messages(self.context, rows)
        examples = [DpoPair(states[row.state], row.chosen, row.rejected) for row in rows]
        return await training.train(self.context, dataset.dataset_id, examples, options)

    async def list_jobs(self) -> list[JobSummary]:
        """All training jobs."""
        return await training.jobs(self.context)

    # evaluation

    async def evaluate(
        self,
        tuned: str,
        options: EvaluationOptions = EvaluationOptions(),
        split_id: str = "latest",
        heldout: str = "",
        base: str = "builtin",
    ) -> EvaluationReport:
        """Compare two policies on the test side, and on a held-out suite nobody trains on."""
        split, tasks = await self._side(split_id, "test", options.n_tasks, options.first_seed)
        test_suites = {task.suite for task, _ in tasks.values()}
        n_smallest = len(tasks)
        if heldout:
            extra = await self._heldout(heldout, split, test_suites)
            n_smallest = min(n_smallest, len(extra))
            tasks.update(extra)
        arms = [
            make_arm(policy, decoding=options.decoding, limits=options.limits)
            for policy in (base, tuned)
        ]
        refuse_unequal(*arms)
        for arm in arms:
            await rollouts.live_arm(self.context, arm)
        names = (arms[0].arm_id, arms[1].arm_id)
        if names[0] == names[1]:
            raise UsageError("Base and tuned are the same policy; there is nothing to compare.")
        seeds = tuple(range(options.first_seed, options.first_seed + options.n_seeds))
        plan = RunPlan(names, tuple(sorted(tasks)), seeds, split, "test")
        rule = evaluation.freeze_rule(options, test_suites, heldout, n_smallest)
        run_id = await rollouts.new_run(self.context, "evaluation", tuple(arms), plan, "evalrun")
        evaluation_id = await evaluation.begin(self.context, run_id, *names, rule)
        await rollouts.drive(self.context, run_id, tasks, "evaluation")
        return await evaluation.conclude(self.context, evaluation_id, tasks)

    async def show_evaluation(self, evaluation_id: str = "latest") -> EvaluationReport:
        """One finished evaluation."""
        return await evaluation.show(self.context, evaluation_id)

    async def overview(self) -> Overview:
        """Counts per stage."""
        return await load_overview(self.context.store)

    async def _side(
        self, split_id: str, side: str, n_tasks: int | None = None, seed: int = 0
    ) -> tuple[str, Tasks]:
        split = await splits.get_split(self.context, split_id)
        members = await splits.members_of(self.context, split.split_id)
        tasks = await suites.admitted_tasks(self.context, split.suites.split(","))
        chosen = {name: tasks[name] for name, m in members.items() if m.side == side}
        if not chosen:
            raise UsageError(f"No task stands on the {side} side of {split.split_id[:12]}.")
        if n_tasks is not None:
            chosen = sample(chosen, members, n_tasks, seed)
        return split.split_id, chosen

    async def _heldout(self, suite: str, split_id: str, test_suites: set[str]) -> Tasks:
        if suite in test_suites:
            raise RefusedError(f"{suite} is the suite that is trained on; it cannot be held out.")
        extra = await suites.admitted_tasks(self.context, [suite])
        split = await splits.get_split(self.context, split_id)
        known = await suites.admitted_tasks(self.context, split.suites.split(","))
        inside, outside = ([task for task, _ in side.values()] for side in (known, extra))
        await splits.refuse_heldout_leaks(self.context, inside, outside)
        return extra

    async def _tasks_of(self, plan: RunPlan) -> Tasks:
        names = sorted({task_id.split("/")[0] for task_id in plan.task_ids})
        tasks = await suites.admitted_tasks(self.context, names)
        return {name: tasks[name] for name in plan.task_ids if name in tasks}

    async def _leak_free(self, build_id: str) -> BuildSummary:
        build = await pairs.get_build(self.context, build_id)
        plan = await rollouts.load_plan(self.context, build.run_id)
        members = await splits.members_of(self.context, plan.split_id)
        chosen = await pairs.task_ids(self.context, build.build_id)
        splits.refuse_outside_train(chosen, members)
        return build


@asynccontextmanager
async def open_engine(
    workspace: Workspace,
    emit: Emit = ignore,
    clock: Clock | None = None,
    n_workers: int | None = None,
    n_concurrent: int = 16,
) -> AsyncIterator[Engine]:
    """Own a workspace until the block ends; then store and sandbox are closed in order."""
    store = await _open_store(workspace)
    try:
        async with Sandbox(n_workers) as sandbox:
            context = Context(workspace, store, sandbox, clock or SystemClock(), emit, n_concurrent)
            yield Engine(context)
    finally:
        store.close()


async def _open_store(workspace: Workspace) -> Store:
    """Wait a moment for a short command to let go, then refuse."""
    for _ in range(_N_LOCK_TRIES):
        try:
            return Store.open(workspace.directory)
        except StoreLockedError:
            await asyncio.sleep(_LOCK_PAUSE_S)
    return Store.open(workspace.directory)
