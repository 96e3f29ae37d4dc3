"""A program of its own kind is held as a run is: attacks on it, in Python in place of Java."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core.sandbox import launch, process
from core.sandbox.launch import UNHELD, Bounds
from core.sandbox.process import Command, Finished
from core.sandbox.zygote import landlock
from core.sandbox.zygote.wire import Level
from tests.core.sandbox import world as worlds
from tests.core.sandbox.attacks import ATTACKS, GOT_IN, program
from tests.core.sandbox.poorer import without

pytestmark = pytest.mark.skipif(not landlock.version(), reason="there is no Landlock here")

PYTHON = str(Path(sys.executable).resolve())
DEADLY = {"enter by the door of another architecture", "enter by the numbers of x32"}
"""A held process does not survive these, so that they stand alone."""
HARMLESS = {
    *("change the mode of a file", "change the mode of an open file", "change the times of a file"),
    "lock a file",
}
"""What those may say who have a folder to write into: the changes are pretended."""
TELL = """
import json, os, sys
for name, text in json.load(open(sys.argv[1])).items():
    names = {}
    try:
        exec(compile(text, "attack.py", "exec"), names)
        print(json.dumps([name, str(names["f"](1))]), flush=True)
    except BaseException as error:
        print(json.dumps([name, repr(error)]), flush=True)
"""


@dataclass(frozen=True)
class Desk:
    """Where a program is, and what it may use."""

    root: Path
    bounds: Bounds = field(init=False)

    def __post_init__(self) -> None:
        for name in ("tree", "scratch"):
            (self.root / name).mkdir()
        bounds = Bounds(
            level=Level.LANDLOCK,
            programs=[PYTHON],
            readable=[sys.base_prefix, str(self.root)],
            writable=str(self.root / "scratch"),
            cpu_s=20,
            memory_bytes=1 << 28,
            file_bytes=1 << 20,
        )
        object.__setattr__(self, "bounds", bounds)

    def run(self, text: str, *words: str, wall_s: float = 60.0, **bounds: object) -> Finished:
        """Run a Python program under bounds."""
        command = [PYTHON, "-I", "-S", "-c", textwrap.dedent(text), *words]
        return self.run_command(command, wall_s=wall_s, **bounds)

    def run_command(
        self, command: list[str], *, wall_s: float = 60.0, **bounds: object
    ) -> Finished:
        said = json.dumps({**self.bounds, **bounds})
        return process.run(
            Command(
                [sys.executable, "-S", "-s", "-P", "-B", launch.__file__, said, *command],
                self.root / "tree",
                wall_s=wall_s,
                written=self.root / "scratch",
                written_bytes=1 << 20,
                grace_s=5.0,
            )
        )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "desk").mkdir()
    return Desk(tmp_path / "desk")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, object]]:
    monkeypatch.setenv("TOGETHER_API_KEY", worlds.KEY)
    with worlds.made(tmp_path / "w") as made:
        yield made


def tell(desk: Desk, programs: dict[str, str]) -> Finished:
    (desk.root / "attacks.json").write_text(json.dumps(programs))
    return desk.run(TELL, "../attacks.json")


def test_no_attack_gets_in(desk: Desk, world: dict[str, object]) -> None:
    (desk.root / Path(worlds.READABLE).name).write_text("public")
    victim = Path(str(world["victim"]))
    victim.chmod(0o640)
    texts = {name: program(name, world) for name in ATTACKS}
    done = tell(desk, {name: texts[name] for name in {*ATTACKS} - DEADLY})
    said = dict(json.loads(line) for line in done.stdout.splitlines())
    assert set(said) == {*ATTACKS} - DEADLY, done.stderr
    assert {name for name, words in said.items() if GOT_IN in words} == HARMLESS
    assert victim.stat().st_mode & 0o777 == 0o640
    assert not [words for words in said.values() if "SyntaxError" in words or "NameError" in words]
    for name in DEADLY:
        assert GOT_IN not in tell(desk, {name: texts[name]}).stdout, name


def test_only_what_is_named_can_be_started(desk: Desk) -> None:
    become = "import os, sys; os.execv(sys.argv[1], sys.argv[1:])"
    for path in ("/bin/sh", "/usr/bin/env"):
        assert "PermissionError" in desk.run(become, path).stderr
    done = desk.run(become, PYTHON, "-I", "-S", "-c", "import os; os.fork()")
    assert "PermissionError" in done.stderr


def test_a_shell_is_no_way_to_leave_something_behind(desk: Desk) -> None:
    flee = "setsid sleep 60 & echo $!"
    done = desk.run_command(["/bin/sh", "-c", flee], programs=["/bin/sh"])
    assert done.exit_code != 0
    assert not done.stdout.strip()


def test_what_flees_where_nothing_holds_is_ended_all_the_same(desk: Desk) -> None:
    flee = """
        import os, time
        for _ in range(2):
            if os.fork() == 0:
                os.setsid()
                if os.fork():
                    os._exit(0)
                print(os.getpid(), flush=True)
                time.sleep(60)
        time.sleep(float(os.sys.argv[1]))
    """
    for last_s, wall_s in (("0.1", 60.0), ("60", 0.5)):
        done = desk.run(flee, last_s, wall_s=wall_s, level=Level.RLIMITS)
        assert done.is_late is (wall_s < 1)
        pids = done.stdout.split()
        assert len(pids) == 2, done.stderr
        assert [pid for pid in pids if Path("/proc", pid).exists()] == []


def test_without_rules_for_files_the_filter_alone_is_in_force(desk: Desk) -> None:
    text = """
        import os, socket
        print(len(open("/etc/passwd").read(1)))
        for act in (os.fork, socket.socket):
            try: act()
            except PermissionError: print("no")
    """
    assert desk.run(text, level=Level.SECCOMP).stdout == "1\nno\nno\n"


def test_what_it_may_use_is_limited(desk: Desk) -> None:
    assert desk.run("while True: pass", cpu_s=1).exit_code == 128 + 9
    assert "MemoryError" in desk.run("bytearray(1 << 29)").stderr
    text = """
        import threading, time
        for n in range(10_000): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    """
    assert "can't start new thread" in desk.run(text).stderr
    assert "Too many open files" in desk.run("x = [open('/dev/null') for _ in range(300)]").stderr
    done = desk.run("open('../scratch/x', 'wb').write(bytes(1 << 21))")
    assert done.is_full or "File too large" in done.stderr
    assert (desk.root / "scratch" / "x").stat().st_size <= 1 << 20


def test_files_in_great_number_end_it(desk: Desk) -> None:
    text = """
        import itertools, os
        os.mkdir("../scratch/shut", 0o300)
        for n in itertools.count(): open(f"../scratch/shut/{n}", "w").close()
    """
    done = desk.run(text)
    assert done.is_full
    assert not done.is_late


def test_the_scratch_folder_is_all_that_can_be_written(desk: Desk) -> None:
    text = """
        import os
        open("../scratch/x", "w").write("mine")
        for place in ("x", "../x", "../tree/x"):
            try: open(place, "w")
            except PermissionError: print("no")
    """
    assert desk.run(text).stdout == "no\n" * 3
    assert (desk.root / "scratch" / "x").read_text() == "mine"


def test_it_ends_as_the_program_did(desk: Desk) -> None:
    done = desk.run("import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)")
    assert (done.exit_code, done.stdout, done.stderr) == (7, "out\n", "err\n")
    assert desk.run("import os; os.kill(os.getpid(), 15)").exit_code == 128 + 15


def test_what_cannot_be_held_is_not_started(desk: Desk) -> None:
    with without(landlock=True)(1) as poor:
        done = poor.submit(desk.run, "print('here')").result()
    assert (done.exit_code, done.stdout) == (UNHELD, "")
    assert "no Landlock" in done.stderr
    done = desk.run_command(["/no/such/program"])
    assert done.exit_code == UNHELD
    assert "No such file" in done.stderr
