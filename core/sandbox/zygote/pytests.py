"""Runs one pytest file in the run's folder and reports every test as it ends.

Imported only by the server that is warm for pytest. Code under test shares this
interpreter: an honest report needs the nonce, every expected test and the exit status
that goes with them, yet only cases are proof against forging.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Generator
from contextlib import suppress
from typing import Any

import pytest
from _pytest.config import default_plugins

from .report import Field, Report
from .trace import LineTrace

_UNUSED = (
    *("cacheprovider", "doctest", "faulthandler", "junitxml", "legacypath", "pastebin"),
    *("setuponly", "setupplan", "stepwise", "threadexception", "unraisableexception", "warnings"),
)
_LAZY = (
    *("_pytest._argcomplete", "cmd", "code", "codeop", "getpass", "pdb", "readline", "termios"),
    "unittest.mock",
)
_MAX_TEXT = 4000
_OPTIONS = (
    *("-c", os.devnull, "--rootdir", ".", "--confcutdir", "."),
    *("--disable-plugin-autoload", "--capture=sys"),
    # An interrupted collection formats its traceback twice, at 0.1 s each.
    "--continue-on-collection-errors",
    *("-qq", "--tb=short", "--no-header", "--no-summary", "--color=no"),
    *(word for name in _UNUSED for word in ("-p", f"no:{name}")),
)

for _name in (*(f"_pytest.{plugin}" for plugin in default_plugins), *_LAZY):
    with suppress(ImportError):
        importlib.import_module(_name)


def run(job: dict[str, Any], traces: bool, report: Report) -> int:
    """Run the tests; the status is pytest's own."""
    folder = os.getcwd()
    flush = sys.stdout.flush
    sys.path.insert(0, folder)
    target = os.path.join(folder, job["target_path"])
    plugins = [_Reporter(report, target, traces), _Sentinel(job["sentinel"])]
    status = int(pytest.main([*_OPTIONS, job["test_path"]], plugins=plugins))
    with suppress(Exception):
        flush()
    report.send({"kind": "end", "status": status})
    return status


class _Sentinel:
    """Puts a test that must fail among the others: what makes every test pass betrays itself."""

    def __init__(self, name: str) -> None:
        self._name = name

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        module = items[-1].getparent(pytest.Module) if items else None
        if module is not None:
            test = pytest.Function.from_parent(module, name=self._name, callobj=_fail)
            items.append(test)


def _fail() -> None:
    assert _fail is None


class _Reporter:
    """The plugin: turns hooks into records."""

    def __init__(self, report: Report, target: str, traces: bool) -> None:
        self._send = report.send
        self._trace = LineTrace(target, self._on_full) if traces else None
        self._node = ""
        self._lines: list[int] = []
        self._outcome = "passed"
        self._text = ""
        self._wall_s = 0.0

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            text = _clip(report.longreprtext)
            self._send({"kind": "broken", "id": report.nodeid, "text": text})

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._send({"kind": "collected", "ids": [item.nodeid for item in session.items]})

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._node, self._outcome, self._text = nodeid, "passed", ""
        self._lines, self._wall_s = [], 0.0
        self._send({"kind": "start", "id": nodeid})

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        if self._trace is None:
            return (yield)
        self._trace.start()
        try:
            return (yield)
        finally:
            self._lines = self._trace.stop()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        self._wall_s += call.duration
        if report.failed:
            wrong = (AssertionError, pytest.fail.Exception)
            is_wrong = report.when == "call" and (
                call.excinfo is None or call.excinfo.errisinstance(wrong)
            )
            self._outcome = "failed" if is_wrong and self._outcome != "error" else "error"
            self._text = self._text or _clip(report.longreprtext)
        elif report.skipped and self._outcome == "passed":
            self._outcome = "skipped"
        if report.when == "teardown":
            self._finish()
        return report

    def _finish(self) -> None:
        record: dict[str, Field] = {"kind": "test", "id": self._node, "outcome": self._outcome}
        self._send({**record, "text": self._text, "lines": self._lines, "wall_s": self._wall_s})

    def _on_full(self, lines: list[int]) -> None:
        self._send({"kind": "lines", "id": self._node, "lines": lines})


def _clip(text: str) -> str:
    """Head and tail of a failure, in characters that JSON can carry."""
    plain = text.encode("utf-8", "backslashreplace").decode()
    if len(plain) <= _MAX_TEXT:
        return plain
    return f"{plain[: _MAX_TEXT // 4]}\n…\n{plain[-3 * _MAX_TEXT // 4 :]}"
