"""Judges a Java program by a JUnit 4 class: compiled, then run in a process of its own.

The code under test shares its process with the tests, so a pass needs every expected test,
told with a nonce that only the driver was given, and an orderly end that fits.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path, PurePosixPath

from core.errors import RefusedError, UnfitTaskError
from core.sandbox import folders, launch, process
from core.sandbox.endings import tidy
from core.sandbox.java import Java
from core.sandbox.launch import UNHELD
from core.sandbox.process import Command, Finished
from core.sandbox.run import CaseResult, CaseStatus, Limits, TestRun, Verdict
from core.text import clean, one_line

_DRIVER = "GemelDriver"
_CLASSES = "classes"
_COMPILE_CPU_S, _COMPILE_WALL_S = 60.0, 120.0
_NAME_CHARS = 300
_SMALL = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
_STATUSES = {
    "passed": CaseStatus.PASSED,
    "failed": CaseStatus.FAILED,
    "error": CaseStatus.ERROR,
    "hung": CaseStatus.HUNG,
    "skipped": CaseStatus.SKIPPED,
}


@dataclass(frozen=True, slots=True)
class RunJUnit:
    """Compile a tree and run one test class of it."""

    files: tuple[tuple[str, str], ...]
    """Path and text of every source file."""
    test_path: str
    """Its path below the root is its package, as Java wants it."""
    expected_ids: tuple[str, ...] = ()
    """As for pytest."""
    limits: Limits = field(default_factory=Limits)
    is_held: bool = True
    """Whether the run must be confined; without, it is only limited."""


def run(request: RunJUnit, java: Java, is_over: Callable[[], bool] = lambda: False) -> TestRun:
    """Grade, in this thread; `is_over` ends it early, and then the result means nothing."""
    folder = folders.make_root()
    driver = resources.files("core.sandbox").joinpath(f"{_DRIVER}.java").read_text("utf-8")
    try:
        for path, text in (*request.files, (f"{_DRIVER}.java", driver)):
            _write(folder, path, text)
        compiled = process.run(_compile(java, folder, request), is_over)
        if compiled.exit_code == UNHELD:
            raise RefusedError(f"Java tests need Landlock to be run: {compiled.stderr.strip()}")
        if compiled.exit_code != 0:
            return _not_compiled(request, compiled)
        nonce = secrets.token_hex(16)
        return _grade(request, process.run(_run(java, folder, request, nonce), is_over), nonce)
    finally:
        folders.remove(folder)


def _write(folder: Path, path: str, text: str) -> None:
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or not parts.name:
        raise UnfitTaskError(f"{path} is no path inside a task; no test was run")
    place = folder / parts
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, "utf-8", "surrogatepass")


def _compile(java: Java, folder: Path, request: RunJUnit) -> Command:
    (folder / _CLASSES).mkdir()
    files = (*(path for path, _ in request.files), f"{_DRIVER}.java")
    options = ["-proc:none", "-nowarn", "-Xlint:none", "-encoding", "UTF-8", "-d", _CLASSES]
    sources = [path for path in files if path.endswith(".java")]
    argv = [
        *_launched(java, folder, request),
        java.javac,
        *(f"-J{one}" for one in _SMALL),
        *options,
        "-cp",
        _path(java),
    ]
    return Command(
        [*argv, *sources],
        folder,
        _environment(folder),
        cpu_s=_COMPILE_CPU_S,
        wall_s=_COMPILE_WALL_S,
    )


def _run(java: Java, folder: Path, request: RunJUnit, nonce: str) -> Command:
    limits = request.limits
    test_class = request.test_path.removesuffix(".java").replace("/", ".")
    heap = f"-Xmx{limits.memory_bytes >> 20}m"
    argv = [
        *_launched(java, folder, request),
        java.java,
        *_SMALL,
        heap,
        f"-Djava.io.tmpdir={folder}",
        "-cp",
        _path(java),
    ]
    return Command(
        [*argv, _DRIVER, test_class],
        folder,
        _environment(folder),
        stdin=f"{nonce}\n".encode(),
        cpu_s=limits.cpu_s,
        wall_s=limits.wall_s,
        output_bytes=limits.stdout_bytes,
    )


def _launched(java: Java, folder: Path, request: RunJUnit) -> list[str]:
    """What starts the program under confinement, with leave to read its libraries alone."""
    if not request.is_held:
        return []
    launcher = Path(launch.__file__)
    tools = {str(Path(one).resolve().parent.parent) for one in (java.java, java.javac)}
    return [
        *(sys.executable, "-S", "-s", "-P", "-B", str(launcher), str(folder)),
        *(*sorted(tools), *java.jars, "--"),
    ]


def _path(java: Java) -> str:
    return ":".join((_CLASSES, *java.jars))


def _environment(folder: Path) -> dict[str, str]:
    return {"LANG": "C.UTF-8", "HOME": str(folder), "TMPDIR": str(folder)}


def _not_compiled(request: RunJUnit, done: Finished) -> TestRun:
    """A program that is no Java fails all its tests."""
    detail = tidy(f"it does not compile:\n{done.stderr}")
    broken = CaseResult(_name(request.test_path), CaseStatus.ERROR, detail)
    missing = (CaseResult(_name(one), CaseStatus.NOT_RUN) for one in request.expected_ids)
    return TestRun(Verdict.FAILED, (broken, *missing), "", done.wall_s, done.cpu_s)


def _grade(request: RunJUnit, done: Finished, nonce: str) -> TestRun:
    told = _read(done.stdout, nonce)
    cases = list(told.cases.values())
    end = "" if told.is_ended else _why_ended(done, request.limits)
    if told.current or not told.is_ended:
        name = told.current or request.test_path
        status = CaseStatus.HUNG if _is_out_of_time(done) else CaseStatus.ERROR
        cases.append(CaseResult(_name(name), status, end))
    known = {*told.cases, told.current}
    missing = (one for one in request.expected_ids if one not in known)
    cases += [CaseResult(_name(one), CaseStatus.NOT_RUN) for one in missing]
    verdict = _verdict(request, done, told, cases)
    return TestRun(verdict, tuple(cases), clean(done.stderr), done.wall_s, done.cpu_s)


@dataclass(slots=True)
class _Told:
    """What the driver told."""

    cases: dict[str, CaseResult] = field(default_factory=dict)
    current: str = ""
    """The test that began and did not end."""
    is_ended: bool = False
    has_twins: bool = False


def _read(stdout: str, nonce: str) -> _Told:
    told = _Told()
    for line in stdout.split("\n"):
        match line.split("\t"):
            case [found, "start", name, _, _] if found == nonce:
                told.current = _unpack(name)
            case [found, "end", _, _, _] if found == nonce:
                told.is_ended = True
            case [found, kind, name, text, seconds] if found == nonce and kind in _STATUSES:
                known = _unpack(name)
                told.has_twins |= known in told.cases
                told.cases[known] = _case(known, kind, _unpack(text), seconds)
                told.current = ""
    return told


def _case(name: str, kind: str, text: str, seconds: str) -> CaseResult:
    wall_s = float(seconds)
    return CaseResult(_name(name), _STATUSES[kind], tidy(text), wall_s=wall_s, test_id=name)


def _verdict(
    request: RunJUnit, done: Finished, told: _Told, cases: Iterable[CaseResult]
) -> Verdict:
    if done.is_flood:
        return Verdict.OUTPUT_FLOOD
    if not told.is_ended:
        return Verdict.TIMEOUT if _is_out_of_time(done) else Verdict.NO_REPORT
    statuses = [case.status for case in cases]
    if any(one not in (CaseStatus.PASSED, CaseStatus.SKIPPED) for one in statuses):
        return Verdict.FAILED
    passed = {name for name, case in told.cases.items() if case.status is CaseStatus.PASSED}
    wished = set(request.expected_ids)
    if told.has_twins or not passed or (wished and passed != wished):
        return Verdict.WRONG_TESTS
    return Verdict.PASSED if done.exit_code == 0 else Verdict.FAILED


def _is_out_of_time(done: Finished) -> bool:
    """The wall clock, or one of the signals that the CPU limit sends."""
    return done.is_late or (done.exit_code in (-24, -9, 152, 137) and not done.is_flood)


def _why_ended(done: Finished, limits: Limits) -> str:
    if done.is_flood:
        return f"printed more than {limits.stdout_bytes} bytes"
    if done.is_late:
        return f"still running after {limits.wall_s:g} s"
    if _is_out_of_time(done):
        return f"still running after {limits.cpu_s:g} s of CPU time"
    return f"the process ended (exit code {done.exit_code})"


def _unpack(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except binascii.Error:
        return ""


def _name(name: str) -> str:
    return one_line(clean(name), _NAME_CHARS)
