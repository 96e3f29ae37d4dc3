"""Judges a Java program by a JUnit 4 class: compiled, then run in a process of its own.

The code under test shares its process with the tests, so a pass needs every expected test,
told with a nonce that only the driver was given, a sentinel that failed, and an orderly end
that fits. No source is there any more when it runs, and what was compiled cannot be changed.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from core.errors import RefusedError
from core.sandbox import folders, junit_grades, launch, process
from core.sandbox.java import Java
from core.sandbox.junit_grades import Secrets
from core.sandbox.launch import UNHELD, Bounds
from core.sandbox.process import Command, Finished
from core.sandbox.run import Limits, RunJUnit, TestRun
from core.text import clean, one_line

_DRIVER = "GemelDriver"
_SOURCES = ".java"
_COMPILING = Limits(cpu_s=60.0, wall_s=120.0, memory_bytes=1 << 29, scratch_bytes=128 << 20)
_SCRATCH_BYTES = 16 << 20
_MACHINE_BYTES = 512 << 20
"""Of a virtual machine beside its heap: classes, code, stacks of threads."""
_GRACE_S = 2.0
_REASON_CHARS = 300
_SMALL = (
    *("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"),
    *("-XX:-UsePerfData", "-XX:-UseContainerSupport"),
    "-XX:+IgnoreUnrecognizedVMOptions",
)


@dataclass(frozen=True, slots=True)
class _Desk:
    """The folders of one judgement."""

    root: Path

    @property
    def tree(self) -> Path:
        """The files of the task; of sources it is emptied once they are compiled."""
        return self.root / "tree"

    @property
    def classes(self) -> Path:
        return self.root / "classes"

    @property
    def scratch(self) -> Path:
        return self.root / "scratch"


def run(request: RunJUnit, java: Java, is_over: Callable[[], bool] = lambda: False) -> TestRun:
    """Grade, in this thread; `is_over` ends it early, and then the result means nothing."""
    limits = request.limits
    scratch_bytes = limits.scratch_bytes or _SCRATCH_BYTES
    request = replace(request, limits=replace(limits, scratch_bytes=scratch_bytes))
    desk = _Desk(folders.make_root())
    known = Secrets.drawn()
    try:
        sources = _lay_out(desk, request, known)
        compiled = process.run(_compile(java, desk, request, sources), is_over)
        if compiled.exit_code == UNHELD:
            raise RefusedError(_not_held(compiled))
        if compiled.exit_code != 0:
            return junit_grades.not_compiled(request, compiled)
        for path in sources:
            (desk.tree / path).unlink()
        done = process.run(_run(java, desk, request, known), is_over)
        return junit_grades.grade(request, done, known)
    finally:
        folders.remove(desk.root)


def _lay_out(desk: _Desk, request: RunJUnit, known: Secrets) -> list[str]:
    """Write all files; returns the paths of those to compile."""
    for folder in (desk.tree, desk.classes, desk.scratch):
        folder.mkdir()
    driver = resources.files("core.sandbox").joinpath(f"{_DRIVER}.java").read_text("utf-8")
    ours = (f"{_DRIVER}.java", driver), (f"{known.sentinel}.java", _sentinel(known))
    files = dict((*request.files, *ours))
    for path, text in files.items():
        folders.write(desk.tree, path, text)
    return [path for path in files if path.endswith(_SOURCES)]


def _sentinel(known: Secrets) -> str:
    name = known.sentinel
    body = f'@org.junit.Test public void {name}() {{ org.junit.Assert.assertEquals("a", "b"); }}'
    return f"public class {name} {{ {body} }}\n"


def _compile(java: Java, desk: _Desk, request: RunJUnit, sources: Sequence[str]) -> Command:
    options = ["-proc:none", "-nowarn", "-Xlint:none", "-encoding", "UTF-8"]
    argv = [
        *(java.javac, *(f"-J{one}" for one in (*_SMALL, _heap(_COMPILING)))),
        *(*options, "-d", str(desk.classes), "-cp", os.pathsep.join(java.jars), *sources),
    ]
    return _launched(argv, java, desk, request, _COMPILING, desk.classes)


def _run(java: Java, desk: _Desk, request: RunJUnit, known: Secrets) -> Command:
    limits = request.limits
    # The libraries come first: no class that was compiled can stand in for one of theirs.
    path = os.pathsep.join((*java.jars, str(desk.classes)))
    temporary = f"-Djava.io.tmpdir={desk.scratch}"
    test_class = request.test_path.removesuffix(_SOURCES).replace("/", ".")
    argv = [
        *(java.java, *_SMALL, _heap(limits), temporary, "-cp", path),
        *(_DRIVER, test_class, known.sentinel),
    ]
    return _launched(argv, java, desk, request, limits, desk.scratch, f"{known.nonce}\n")


def _launched(
    argv: list[str],
    java: Java,
    desk: _Desk,
    request: RunJUnit,
    limits: Limits,
    writable: Path,
    stdin: str = "",
) -> Command:
    """A tool under bounds, with leave to read its own files, the libraries and the desk."""
    tools = [Path(one).resolve() for one in (java.java, java.javac)]
    bounds = Bounds(
        level=request.level,
        programs=[str(tool) for tool in tools],
        readable=[*(str(tool.parent.parent) for tool in tools), *java.jars, str(desk.root)],
        writable=str(writable),
        cpu_s=math.ceil(limits.cpu_s),
        memory_bytes=limits.memory_bytes + _MACHINE_BYTES,
        file_bytes=limits.scratch_bytes,
    )
    launcher = [sys.executable, "-S", "-s", "-P", "-B", launch.__file__, json.dumps(bounds)]
    folder = str(desk.scratch)
    return Command(
        [*launcher, str(Path(argv[0]).resolve()), *argv[1:]],
        desk.tree,
        {"LANG": "C.UTF-8", "TZ": "UTC", "HOME": folder, "TMPDIR": folder},
        stdin=stdin.encode(),
        wall_s=limits.wall_s,
        output_bytes=limits.stdout_bytes,
        written=writable,
        written_bytes=limits.scratch_bytes,
        grace_s=_GRACE_S,
    )


def _heap(limits: Limits) -> str:
    return f"-Xmx{limits.memory_bytes >> 20}m"


def _not_held(done: Finished) -> str:
    reason = one_line(clean(done.stderr.strip().rpartition("\n")[2]), _REASON_CHARS)
    return (
        f"Java tests cannot be held on this machine ({reason}). Nothing was run. They need Linux "
        "with Landlock, and the JDK's own java and javac on the PATH instead of scripts."
    )
