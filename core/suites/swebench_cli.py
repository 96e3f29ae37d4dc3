"""Judges patches with the official `swebench` program, which runs them in containers of its own."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import RefusedError
from core.sandbox import process
from core.sandbox.process import Command
from core.suites.official import Asked, Desk, Judged, Judgement, call, environment, why
from core.task import Reference

_NEW_COLUMNS = ("image", "eval_script", "log_parser", "eval_type")
_FIRST_WITH_THEM = 5
_MIN_FREE_BYTES = 30 << 30
_QUICK_S = 30.0
_WALL_PER_TASK_S, _WALL_S = 1_800.0, 1_200.0
_VERSION = re.compile(r"(\d+)\.\d+")
_SAID = {
    "resolved_ids": Judgement.RESOLVED,
    "unresolved_ids": Judgement.UNRESOLVED,
    "empty_patch_ids": Judgement.EMPTY,
}
"""Every other list of ids tells what went wrong with the judging."""
_DOUBTS = ("ambiguous", "infrastructure", "error")


@dataclass(frozen=True, slots=True)
class SweBench:
    """The program as it is found on the PATH."""

    @property
    def n_at_once(self) -> int:
        """Some, so that a stop loses little."""
        return 10

    @property
    def holds_code(self) -> bool:
        """In containers."""
        return True

    def proves_bugs(self) -> bool:
        """It does not run anything for an empty patch."""
        return False

    def preflight(self, references: Sequence[Reference]) -> None:
        """In order: the program, the engine of containers, the disk, the columns of the rows."""
        if shutil.which("swebench") is None:
            raise _refused("`swebench` is not on the PATH (`pip install swebench`)")
        version = _quick(["swebench", "--version"])
        if shutil.which("docker") is None or _quick(["docker", "info"]) is None:
            raise _refused("no Docker engine answers (`docker info` fails)")
        free = shutil.disk_usage(Path.home()).free
        if free < _MIN_FREE_BYTES:
            raise _refused(f"{free >> 30} GB are free on the disk, 120 GB are advised")
        found = _VERSION.search(version or "")
        if found is None or int(found[1]) >= _FIRST_WITH_THEM:
            absent = sorted({name for one in references for name in _absent(one)})
            if absent:
                raise _refused(
                    f"swebench {found[0] if found else ''} needs columns that these rows lack "
                    f"({', '.join(absent)}): import an edition of the rows that has them"
                )

    def judge(self, asked: Sequence[Asked], desk: Desk) -> list[Judged]:
        """One call of the program for all; a run id is never used twice, it would answer so too."""
        run_id = f"gemel-{secrets.token_hex(6)}"
        rows, predictions = desk.folder / "rows.jsonl", desk.folder / "predictions.jsonl"
        rows.write_text("".join(f"{one.reference.row}\n" for one in asked), "utf-8")
        write_predictions(predictions, desk.model, [(o.task.twin, o.patch) for o in asked])
        ids = [word for one in asked for word in ("-i", one.task.twin)]
        argv = ["swebench", "eval", rows.name, "-p", predictions.name, "--run-id", run_id, *ids]
        done = call(argv, desk, wall_s=_WALL_S + _WALL_PER_TASK_S * len(asked))
        report = desk.folder / f"{desk.model.replace('/', '__')}.{run_id}.json"
        said = read_report(report) if report.is_file() else {}
        missing = "" if report.is_file() else f"no report; {why(done)}"
        return [
            Judged(one.task.task_id, *said.get(one.task.twin, (Judgement.NOT_JUDGED, missing)))
            for one in asked
        ]


def write_predictions(path: Path, model: str, patches: Sequence[tuple[str, str]]) -> None:
    """A file of predictions as the program reads it."""
    lines = (
        json.dumps({"instance_id": name, "model_name_or_path": model, "model_patch": patch})
        for name, patch in patches
    )
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def read_report(path: Path) -> dict[str, tuple[Judgement, str]]:
    """What a report says of each instance; empty when it is none."""
    try:
        report = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(report, dict):
        return {}
    said: dict[str, tuple[Judgement, str]] = {}
    for label, ids in report.items():
        if label.endswith("_ids") and label not in _SAID and isinstance(ids, list):
            for name in ids:
                said.setdefault(str(name), (Judgement.NOT_JUDGED, label.removesuffix("_ids")))
    for label, judgement in _SAID.items():
        ids = report.get(label)
        for name in ids if isinstance(ids, list) else ():
            if not _is_doubtful(report, str(name)):
                said[str(name)] = (judgement, "")
    return said


def _is_doubtful(report: dict[str, object], name: str) -> bool:
    """Whether the program itself says that its result is not about the patch."""
    lists = (ids for label, ids in report.items() if label.startswith(_DOUBTS))
    return any(name in ids for ids in lists if isinstance(ids, list))


def _absent(reference: Reference) -> Iterator[str]:
    row = json.loads(reference.row or "{}")
    return (name for name in _NEW_COLUMNS if not row.get(name))


def _quick(argv: Sequence[str]) -> str | None:
    """What a short command says; None when it fails."""
    done = process.run(Command(argv, Path.home(), environment(), wall_s=_QUICK_S))
    return done.stdout if done.exit_code == 0 else None


def _refused(what: str) -> RefusedError:
    return RefusedError(
        f"SWE-bench cannot be judged here: {what}. Importing and dividing it works without."
    )
