from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from core.engine import open_engine
from core.errors import RefusedError
from core.sandbox.client import Hello
from core.sandbox.notes import warn
from core.sandbox.pool import Sandbox
from core.sandbox.run import CallCases, Limits, TestRun, Verdict
from core.sandbox.zygote import macos
from core.sandbox.zygote.wire import Level
from core.task import Case, Comparator
from core.workspace import Workspace
from tests.core.sandbox.poorer import without

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the levels of Linux")

Call = Callable[..., Awaitable[TestRun]]
CASE = Case("(1,)", "1", True)
ECHO = "def f(a): return a"


async def ask(sandbox: Sandbox, program: str) -> TestRun:
    request = CallCases(program, "f", (CASE.args,), limits=Limits(cpu_s=1, wall_s=10))
    return await sandbox.call_cases(request, (CASE,), Comparator.EXACT)


async def test_the_best_level_is_found_and_named(sandbox: Sandbox) -> None:
    assert Sandbox(1).level == ""
    assert sandbox.level == "landlock+seccomp"
    assert [note for note in sandbox.warnings if "root" not in note] == []


@pytest.mark.parametrize(
    ("lacks", "level"),
    [
        ({"landlock": True}, "unconfined (seccomp only)"),
        ({"filters": True}, "unconfined (rlimits only)"),
        ({"landlock": True, "filters": True}, "unconfined (rlimits only)"),
    ],
)
async def test_where_nothing_confines_model_code_is_refused(
    lacks: dict[str, bool], level: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    async with Sandbox(1, without(**lacks)) as sandbox:
        assert sandbox.level == level
        assert "will not be run" in sandbox.warnings[0]
        with pytest.raises(RefusedError, match=r"allow_unsandboxed = true"):
            sandbox.refuse_unconfined()
        with pytest.raises(RefusedError, match=r"cannot confine"):
            await ask(sandbox, ECHO)


async def test_a_user_may_allow_unconfined_runs_and_is_told_what_that_means(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    factory = without(landlock=True, filters=True)
    async with Sandbox(1, factory, allows_unconfined=True) as sandbox:
        assert (await ask(sandbox, ECHO)).verdict is Verdict.PASSED
        assert sandbox.level == "unconfined (rlimits only)"
        assert "can read your files and keys" in sandbox.warnings[0]
        file = str(tmp_path / "x")
        run = await ask(sandbox, f"def f(a): return len(open({file!r}, 'w').mode)")
        assert run.verdict is Verdict.PASSED


async def test_allowing_it_takes_nothing_away_where_runs_can_be_held() -> None:
    async with Sandbox(1, allows_unconfined=True) as sandbox:
        assert sandbox.level == "landlock+seccomp"
        run = await ask(sandbox, "def f(a): return len(open('/etc/passwd').read(1))")
        assert "PermissionError" in run.cases[0].detail


async def test_even_unconfined_nothing_of_a_run_is_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    mark = f"fled-{os.getpid()}-{time.monotonic_ns()}"
    program = (
        "import os\n"
        "def f(a):\n"
        "    if os.fork() == 0:\n"
        "        os.setsid()\n"
        "        if os.fork() == 0:\n"
        f"            os.execv('/bin/sh', ['sh', '-c', 'sleep 100; : {mark}'])\n"
        "        os._exit(0)\n"
        "    seen = os.listdir()\n"
        "    os.mkdir('shut'); open('shut/x', 'w').close(); os.chmod('shut', 0)\n"
        "    return len(seen) + 1"
    )
    factory = without(landlock=True, filters=True)
    async with Sandbox(1, factory, allows_unconfined=True) as sandbox:
        for _ in range(2):
            assert (await ask(sandbox, program)).verdict is Verdict.PASSED
            assert processes_with(mark) == []


def processes_with(mark: str) -> list[int]:
    """Processes, zombies aside, that have `mark` on their command line."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if mark.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except (OSError, ValueError):
            continue
    return found


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
async def test_without_landlock_walls_hide_all_other_files(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("TOP SECRET")
    async with Sandbox(1, without(landlock=True)) as sandbox:
        assert sandbox.level == "bwrap+seccomp"
        assert "landlock" in sandbox.warnings[0]
        assert (await ask(sandbox, ECHO)).verdict is Verdict.PASSED
        secret = str(tmp_path / "secret")
        run = await ask(sandbox, f"def f(a): return open({secret!r}).read()")
        assert "FileNotFoundError" in run.cases[0].detail
        run = await ask(sandbox, "def f(a): open('x', 'w')")
        assert "Read-only file system" in run.cases[0].detail


@pytest.mark.parametrize("level", [Level.BWRAP, Level.SEATBELT])
def test_a_level_at_which_no_java_is_run_says_so(level: Level) -> None:
    (note, *_) = warn(Hello(level, ("no Landlock",)), allows_unconfined=True)
    assert "no Java test is run at it: no Landlock" in note


def test_macos_is_spoken_of_as_it_is() -> None:
    notes = warn(Hello(Level.SEATBELT), allows_unconfined=False)
    assert any("memory is watched, not limited" in note for note in notes)


def test_the_profile_of_macos_gives_what_is_named_and_no_more() -> None:
    text = macos.profile(["/usr/lib", '/odd "name"\\'], ["/lib/python"], writable="")
    assert text.startswith("(version 1)\n(deny default)\n")
    assert '(allow file-read* (subpath "/odd \\"name\\"\\\\"))' in text
    assert '(allow file-read* (literal "/lib/python"))' in text
    assert "file-write*" not in text
    assert "network" not in text
    assert '(subpath "/w")' in macos.profile([], [], writable="/w")


@pytest.mark.parametrize("setting", ["true", "false"])
async def test_the_engine_follows_the_workspaces_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.delenv("GEMEL_ALLOW_UNSANDBOXED", raising=False)
    (tmp_path / "gemel.toml").write_text(f"allow_unsandboxed = {setting}\n")
    async with open_engine(Workspace(tmp_path), n_workers=1) as engine:
        found = await engine.describe()
        assert engine.context.sandbox.allows_unconfined is (setting == "true")
        assert found.sandbox == "landlock+seccomp"
        assert found.sandbox_warnings == engine.context.sandbox.warnings
