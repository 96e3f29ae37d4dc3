"""Scans for related tasks with what they found, and the journal of answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.store.database import Store


@dataclass(frozen=True, slots=True)
class ScanRow:
    """One comparison of tasks; its id is the hash of all that it compared."""

    scan_id: str
    n_tasks: int
    scanned_at: datetime


@dataclass(frozen=True, slots=True)
class TestRow:
    """One test of a scan, and what came of it."""

    __test__ = False
    scan_id: str
    kind: str
    n_compared: int
    unit: str
    n_found: int


@dataclass(frozen=True, slots=True)
class LinkRow:
    """Two tasks that a scan found to be related."""

    scan_id: str
    one: str
    other: str
    kind: str
    evidence: str
    is_certain: bool


@dataclass(frozen=True, slots=True)
class BehaviourRow:
    """How the cases of one task fared on the reference of another, by the hash of both."""

    content: str
    n_passed: int
    n_cases: int
    n_outputs: int
    """Distinct expected results among the passed cases."""


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """What a person said of two programs, or took back."""

    seq: int
    action: str
    target: int
    """The answer that an undo takes back; of an answer, itself."""
    one: str
    other: str
    reason: str
    answered_at: datetime


async def save_scan(
    store: Store, scan: ScanRow, tests: Sequence[TestRow], links: Sequence[LinkRow]
) -> None:
    """Store a scan; its own row comes last, so that half a scan is none."""
    store.submit("scan_links", links)
    store.submit("scan_tests", tests)
    await store.insert("scans", [scan])


async def add_test(store: Store, test: TestRow, links: Sequence[LinkRow]) -> None:
    """Add a further test to a scan; the test's row comes last."""
    store.submit("scan_links", links)
    await store.insert("scan_tests", [test])


async def has_scan(store: Store, scan_id: str) -> bool:
    """Whether a scan is stored."""
    return bool(await store.fetch("SELECT 1 FROM scans WHERE scan_id = ? LIMIT 1", [scan_id]))


async def load_tests(store: Store, scan_id: str) -> list[TestRow]:
    """The tests of a scan, in the order they were made."""
    return await store.load(TestRow, "scan_tests", "WHERE scan_id = ? ORDER BY rowid", scan_id)


async def load_links(store: Store, scan_id: str) -> list[LinkRow]:
    """What a scan found, in the order it was found; nothing of a test that was not finished."""
    return await store.load(
        LinkRow,
        "scan_links",
        "WHERE scan_id = ? AND kind IN (SELECT kind FROM scan_tests WHERE scan_id = ?) "
        "ORDER BY rowid",
        scan_id,
        scan_id,
    )


async def load_behaviours(store: Store) -> dict[str, BehaviourRow]:
    """All of them, by content."""
    rows: list[BehaviourRow] = await store.load(BehaviourRow, "behaviours", "")
    return {row.content: row for row in rows}


async def load_answers(store: Store) -> list[AnswerRow]:
    """The journal, oldest first."""
    return await store.load(AnswerRow, "answers", "ORDER BY seq")
