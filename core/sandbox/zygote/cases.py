"""Runs cases: loads the program once, calls it once per argument tuple, tells what came back.

Nothing here knows what is expected. Each result goes out before the next call starts,
so a call that never returns costs only itself and those behind it.
"""

from __future__ import annotations

import builtins
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from types import ModuleType, TracebackType
from typing import Any

from .literal import Unshowable, read, show
from .report import Field, Report
from .trace import LineTrace
from .wire import LOADING

# Bound before code under test can patch them.
globals()["__builtins__"] = dict(vars(builtins))
_now = time.perf_counter

FILENAME = "program.py"
_MODULE = "program"
_MAX_YIELDS = 100_000
_MAX_MESSAGE = 2000


def run(job: dict[str, Any], traces: bool, report: Report) -> int:
    """Report one record per case, or a single one when the program does not load."""
    flush = sys.stdout.flush
    try:
        entry = _load(job["program"], job["entry_point"])
    except BaseException as error:  # noqa: BLE001 - whatever the program does is a result
        report.send({"case": LOADING, **_describe(error)})
        entry = None
    for number, text in enumerate(job["args"] if entry else ()):
        report.send(_run_case(entry, text, number, job["collects"], traces, report))
    with suppress(Exception):
        flush()
    return 0


def _load(program: str, entry_point: str) -> Callable[..., Any]:
    module = ModuleType(_MODULE)
    sys.modules[_MODULE] = module
    exec(compile(program, FILENAME, "exec"), module.__dict__)  # the program under test
    entry: Callable[..., Any] | None = module.__dict__.get(entry_point)
    if not callable(entry):
        raise NameError(f"the program defines no function {entry_point}")
    return entry


def _run_case(
    entry: Any, text: str, number: int, collects: bool, traces: bool, report: Report
) -> dict[str, Field]:
    def on_full(lines: list[int]) -> None:
        report.send({"case": number, "kind": "lines", "lines": lines})

    try:
        args = read(text, len(text))
    except ValueError:
        return {"case": number, "kind": "unreadable"}
    trace = LineTrace(FILENAME, on_full) if traces else None
    lines: list[int] = []
    began = _now()
    try:
        if trace:
            trace.start()
        try:
            value = _collect(entry(*args)) if collects else entry(*args)
        finally:
            lines = trace.stop() if trace else []
        outcome: dict[str, Field] = {"kind": "value", "text": show(value)}
    except Unshowable as error:
        outcome = {"kind": "opaque", "text": str(error)}
    except BaseException as error:  # noqa: BLE001 - whatever the program does is a result
        outcome = _describe(error)
    return {"case": number, **outcome, "lines": lines, "wall_s": _now() - began}


def _collect(values: Any) -> list[Any]:
    listed = list(islice(values, _MAX_YIELDS + 1))
    if len(listed) > _MAX_YIELDS:
        raise Unshowable(f"an iterator of more than {_MAX_YIELDS} items")
    return listed


def _describe(error: BaseException) -> dict[str, Field]:
    name, message = "BaseException", ""
    with suppress(BaseException):
        name = type.__getattribute__(type(error), "__name__")
        message = str(error)[:_MAX_MESSAGE].encode("utf-8", "backslashreplace").decode()
    text = f"{name}: {message}" if message else name
    return {"kind": "raised", "text": text, "line": _line_of(error)}


def _line_of(error: BaseException) -> int:
    """The deepest line of the program that the error passed through; 0 when there is none."""
    if isinstance(error, SyntaxError) and error.filename == FILENAME:
        return error.lineno or 0
    line = 0
    for frame, number in _walk(error.__traceback__):
        if frame == FILENAME:
            line = number
    return line


def _walk(tb: TracebackType | None) -> list[tuple[str, int]]:
    return [(frame.f_code.co_filename, number) for frame, number in traceback.walk_tb(tb)]
