"""Rollouts on suites that only their own program judges: open until it has, pairs only then."""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from core.edits.block import EditBlock
from core.engine import Engine, open_engine
from core.errors import RefusedError, SuiteError, UsageError
from core.rollouts.operations import RunOptions
from core.rollouts.planner import ContrastOptions
from core.store.pairs import load_pairs
from core.store.runs import RolloutRow, load_rollouts
from core.store.suites import load_tasks
from core.suites.clones import open_clones
from core.suites.importing import ImportOptions
from core.suites.official import Asked, Judged, Judgement
from core.suites.patches import make_patch
from core.suites.settling import name_of, patch_of, settle
from core.suites.swebench import open_rows
from core.workspace import Workspace
from tests.core.splits.small import NOW
from tests.core.suites.clones import make_clone
from tests.core.suites.pack_rows import write_lines
from tests.core.suites.reading import read_all
from tests.core.suites.test_swebench import FIX, NEW, PROGRAM, WRONG, program, row

N_SEEDS = 12


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stand-in of `swebench`, which takes one patch for right, beside git."""
    folder = tmp_path / "bin"
    program(folder, "swebench", PROGRAM.format(python=sys.executable, exit_code=0))
    program(folder, "docker", "#!/bin/sh\nexit 0\n")
    git = shutil.which("git")
    assert git is not None
    (folder / "git").symlink_to(git)
    monkeypatch.setenv("PATH", str(folder))
    return folder


def clone_of(tmp_path: Path) -> tuple[Path, str]:
    """A folder of clones whose project moved on after the bug, and the commit that has it."""
    repos = tmp_path / "repos"
    first, _ = make_clone(
        repos / "owner__project",
        {"src/sums.py": WRONG, "README": "sums"},
        {"src/sums.py": WRONG.replace("return a", "return a + b")},
    )
    return repos, first


async def divided(engine: Engine, folder: Path, *rows: dict[str, object], repos: Path) -> str:
    file = write_lines(folder / "rows.jsonl", rows)
    report = await engine.import_suite("swebench", file, ImportOptions(repos=repos))
    assert (report.problems, report.n_tasks) == ((), len(rows))
    split = await engine.make_split(("swebench",), (1.0, 0.0, 0.0), 0)
    return split.split_id


async def test_attempts_stay_open_until_the_official_program_has_judged_them(
    tools: Path, tmp_path: Path
) -> None:
    repos, commit = clone_of(tmp_path)
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        await divided(engine, tmp_path, row("1", base_commit=commit, **NEW), repos=repos)
        (task,) = await load_tasks(engine.context.store, "swebench")
        assert task.target.text == WRONG
        run = await engine.run_rollouts(RunOptions(n_seeds=N_SEEDS))
        assert run.outcomes == {"ungraded": N_SEEDS}
        assert run.pass_rate is None
        before = await engine.build_pairs(run.run_id)
        assert (before.n_pairs, before.dropped) == (0, {"ungraded": N_SEEDS})
        rollouts = await load_rollouts(engine.context.store, run.run_id)
        assert len({(one.find, one.replacement) for one in rollouts}) > 1

        file, n_settled = tmp_path / "preds.jsonl", 0
        for seed in range(N_SEEDS):
            export = await engine.export_predictions("swebench", file, run.run_id, seed)
            assert (export.n_predictions, export.n_without) == (1, 0)
            (line,) = file.read_text("utf-8").splitlines()
            report = await engine.grade("swebench", file)
            n_settled += report.n_settled
            assert json.loads(line)["model_name_or_path"] == f"{run.run_id}-seed-{seed}"
        assert n_settled == N_SEEDS
        after = await load_rollouts(engine.context.store, run.run_id)
        outcomes = Counter(r.outcome for r in after)
        assert outcomes.keys() <= {"passed", "failed"}
        for one in after:
            is_right = "return a + b" in WRONG.replace(one.find, one.replacement)
            assert (one.outcome == "passed") == is_right


async def test_pairs_come_from_what_the_official_program_said(tools: Path, tmp_path: Path) -> None:
    repos, commit = clone_of(tmp_path)
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        await divided(engine, tmp_path, row("1", base_commit=commit, **NEW), repos=repos)
        run = await engine.run_rollouts(RunOptions(n_seeds=N_SEEDS))
        file = tmp_path / "preds.jsonl"
        await engine.export_predictions("swebench", file, run.run_id, 0)
        right = json.loads(file.read_text("utf-8"))["model_patch"]
        said = tools / "swebench"
        said.write_text(said.read_text().replace("patch == right[name]", f"patch == {right!r}"))
        reports = []
        for seed in range(N_SEEDS):
            await engine.export_predictions("swebench", file, run.run_id, seed)
            reports.append(await engine.grade("swebench", file))
        # Equal patches were asked about once, and settled together.
        assert reports[0].counts == {"resolved": 1}
        assert sum(report.n_settled for report in reports) == N_SEEDS
        assert any(report.n_known == 1 and report.n_settled == 0 for report in reports)
        built = await engine.build_pairs(run.run_id)
        assert built.n_pairs > 0
        assert "ungraded" not in built.dropped
        pairs = await load_pairs(engine.context.store, built.build_id)
        passed = {
            one.rollout_id
            for one in await load_rollouts(engine.context.store, run.run_id)
            if one.outcome == "passed"
        }
        assert {pair.chosen_rollout for pair in pairs} <= passed
        assert not {pair.rejected_rollout for pair in pairs} & passed


async def test_what_was_not_judged_goes_on_waiting_and_is_asked_again(
    tools: Path, tmp_path: Path
) -> None:
    repos, commit = clone_of(tmp_path)
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        await divided(engine, tmp_path, row("flaky", base_commit=commit, **NEW), repos=repos)
        run = await engine.run_rollouts(RunOptions(n_seeds=1))
        file = tmp_path / "preds.jsonl"
        await engine.export_predictions("swebench", file, run.run_id)
        for _ in range(2):
            report = await engine.grade("swebench", file)
            assert (report.counts, report.n_known) == ({"not_judged": 1}, 0)
        (one,) = await load_rollouts(engine.context.store, run.run_id)
        assert one.outcome == "ungraded"


async def test_a_clone_that_lacks_the_program_costs_only_the_rollouts(
    tools: Path, tmp_path: Path
) -> None:
    repos, commit = clone_of(tmp_path)
    rows = [
        row("1", base_commit=commit, **NEW),
        row("2", base_commit="c" * 40),
        row("3", repo="other/project2", base_commit="d" * 40, patch=FIX.replace("sums", "x")),
    ]
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        await divided(engine, tmp_path, *rows, repos=repos)
        tasks = {task.twin[-1]: task for task in await load_tasks(engine.context.store, "swebench")}
        assert "has no src/sums.py at cccccccccccc" in tasks["2"].origin
        assert "has no clone of other/project2" in tasks["3"].origin
        run = await engine.run_rollouts(RunOptions(n_seeds=1))
        assert run.n_planned == 1


async def test_what_needs_outcomes_during_a_run_is_refused_with_the_way_round(
    tools: Path, tmp_path: Path
) -> None:
    repos, commit = clone_of(tmp_path)
    async with open_engine(Workspace(tmp_path / "w")) as engine:
        await divided(engine, tmp_path, row("1", base_commit=commit), repos=repos)
        with pytest.raises(RefusedError, match="gemel suite grade swebench FILE"):
            await engine.plan_rollouts(RunOptions(), ContrastOptions(n_rollouts=20))
        with pytest.raises(UsageError, match="kind quixbugs has its programs"):
            await engine.import_suite("quixbugs", tmp_path, ImportOptions(repos=repos))


def test_clones_are_found_by_any_of_their_names_and_read_at_the_commit(tmp_path: Path) -> None:
    repos = tmp_path / "repos"
    old, new = make_clone(repos / "project", {"a.py": "x = 1\n"}, {"a.py": "x = 2\n"})
    shutil.copytree(repos / "project" / ".git", repos / "bare.git")
    for name in ("owner/project", "project", "owner/bare"):
        clones = open_clones(repos)
        assert clones.read((name,), old, "a.py") == "x = 1\n"
        assert clones.read((name,), new, "a.py") == "x = 2\n"


@pytest.mark.parametrize(
    ("revision", "path", "reason"),
    [
        ("HEAD", "a.py", "is no commit"),
        ("--upload-pack=touch x", "a.py", "is no commit"),
        ("f" * 40, "a.py", "has no a.py at"),
        ("", "b.py", "has no b.py at"),
        ("", "binary", "is not UTF-8 text"),
        ("", "big", "is larger than"),
    ],
)
def test_what_a_clone_cannot_give_is_named(
    tmp_path: Path, revision: str, path: str, reason: str
) -> None:
    repos = tmp_path / "repos"
    files: dict[str, str | bytes] = {
        "a.py": "x = 1\n",
        "binary": b"\xff\xfe\x80",
        "big": "x" * (1 << 21),
    }
    (commit,) = make_clone(repos / "project", files)
    clones = open_clones(repos)
    with pytest.raises(SuiteError, match=reason):
        clones.read(("project",), revision or commit, path)


def test_a_rollout_that_changed_several_files_is_one_patch_and_settled_by_it(
    tmp_path: Path,
) -> None:
    two = FIX + make_patch("src/words.py", "PLUS = 0\n", "PLUS = 1\n")
    old = make_patch("src/words.py", "PLUS = 0\n", "PLUS = 2\n")
    (commit,) = make_clone(
        tmp_path / "repos" / "owner__project", {"src/sums.py": WRONG, "src/words.py": "PLUS = 0\n"}
    )
    rows = write_lines(tmp_path / "rows.jsonl", [row("1", base_commit=commit, patch=two)])
    ((task,), (reference,), _) = read_all(
        open_rows(rows, "swebench", open_clones(tmp_path / "repos"))
    )
    assert task.editable == ("src/sums.py", "src/words.py")
    other = EditBlock("src/words.py", "PLUS = 0", "PLUS = 2")
    left = RolloutRow(
        "r1", "run", "arm", task.task_id, 0, "ungraded", "", 1, "s", "", "", 0, 0, 1, 1, 0, 0.1,
        "landlock+seccomp", NOW, msgspec.json.encode([other]).decode(),
    )  # fmt: skip
    assert patch_of(task, left) == old
    both = replace(left, rollout_id="r2", find="    return a", replacement="    return a + b")
    assert patch_of(task, both) == FIX + old
    asked = [Asked(task, reference, patch) for patch in (old, FIX + old)]
    judged = [
        (asked[0], Judged(task.task_id, Judgement.UNRESOLVED, "1 test fails")),
        (asked[1], Judged(task.task_id, Judgement.RESOLVED)),
    ]
    found = settle([left, both], {task.task_id: task}, judged)
    assert [(one.rollout_id, one.outcome) for one in found] == [("r1", "failed"), ("r2", "passed")]
    assert name_of(asked[0]) != name_of(asked[1])
