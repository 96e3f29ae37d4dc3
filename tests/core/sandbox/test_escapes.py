"""Attacks on the confinement, every one of which succeeds where there is none."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.sandbox.pool import Sandbox
from core.sandbox.run import CallCases, Limits, TestRun, Verdict
from core.task import Case, Comparator
from tests.core.sandbox import world as worlds
from tests.core.sandbox.attacks import ATTACKS, GOT_IN, NOT_EVERYWHERE, program
from tests.core.sandbox.forgeries import FORGERIES

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the attacks are made for Linux")

CASE = Case("(1,)", repr(GOT_IN), True)
ROOT = Path(__file__).parents[3]
NOBODY = 65534


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    with worlds.made(tmp_path_factory.mktemp("attacked") / "w") as made:
        yield made


@pytest.fixture(scope="module")
def held(world: dict[str, object]) -> Iterator[Sandbox]:
    """A sandbox whose engine holds a key, and a descriptor that could be inherited."""
    fd = os.open(str(world["secret"]), os.O_RDONLY)
    os.set_inheritable(fd, True)
    sandbox = Sandbox(1)
    with pytest.MonkeyPatch.context() as patch, asyncio.Runner() as runner:
        patch.setenv("TOGETHER_API_KEY", worlds.KEY)
        runner.run(sandbox.__aenter__())
        for pid in sandbox.pids:
            home = Path(os.readlink(f"/proc/{pid}/cwd"))
            (home / Path(worlds.READABLE).name).write_text("public")
        yield sandbox
        runner.run(sandbox.close())
    os.close(fd)


async def attack(sandbox: Sandbox, text: str) -> TestRun:
    limits = Limits(cpu_s=1, wall_s=5)
    request = CallCases(text, "f", (CASE.args,), limits=limits)
    return await sandbox.call_cases(request, (CASE,), Comparator.EXACT)


def test_every_attack_is_real(tmp_path: Path) -> None:
    with worlds.made(tmp_path / "w") as world:
        programs = {name: program(name, world) for name in ATTACKS}
        said = worlds.without_sandbox(tmp_path, programs, str(world["secret"]))
    harmless = {name: words for name, words in said.items() if GOT_IN not in words}
    assert {name for name in harmless if name not in NOT_EVERYWHERE} == set(), harmless


@pytest.mark.parametrize("name", ATTACKS)
async def test_no_attack_gets_in(held: Sandbox, world: dict[str, object], name: str) -> None:
    run = await attack(held, program(name, world))
    assert run.verdict in (Verdict.FAILED, Verdict.NO_REPORT)
    assert run.n_passed == 0
    assert GOT_IN not in run.stdout
    assert "SyntaxError" not in run.cases[0].detail
    assert "NameError" not in run.cases[0].detail


def _usable_by_all() -> str:
    """An interpreter that another user can run, with what the sandbox imports."""
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        command = [python, "-c", "import msgspec, core.sandbox.pool"]
        if shutil.which(python) and _as_nobody(command).returncode == 0:
            return python
    return ""


def _as_nobody(command: list[str]) -> subprocess.CompletedProcess[bytes]:
    path = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
    environment = {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        return subprocess.run(
            command,
            env=environment,
            cwd="/",
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            capture_output=True,
            check=False,
        )
    except OSError:
        return subprocess.CompletedProcess(command, 1)


@pytest.mark.skipif(os.geteuid() != 0, reason="all tests run as a plain user already")
def test_no_attack_and_no_forgery_succeeds_when_a_plain_user_runs_it() -> None:
    python = _usable_by_all()
    if not python:
        pytest.skip("no interpreter here can be used by another user")
    done = _as_nobody([python, "-m", "tests.core.sandbox.plain"])
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["level"] == "landlock+seccomp"
    assert said["warnings"] == []
    assert set(said["found"]) == set(ATTACKS)
    assert set(said["forged"]) == set(FORGERIES)
    assert not {"passed", "worker_lost"} & set(said["forged"].values())
    for name, (verdict, stdout) in said["found"].items():
        assert verdict in ("failed", "no_report"), name
        assert GOT_IN not in stdout, name
