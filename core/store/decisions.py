"""The journal of decisions on pairs: append-only, read and extended in one transaction.

The newest row of a pair is its state, so the state of all pairs is one grouping of the
journal, and nothing is ever updated or deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from enum import StrEnum

import duckdb

from core.store.database import Store


class Choice(StrEnum):
    """Whether a person wants a pair."""

    UNDECIDED = "undecided"
    """Counts as kept: curation is optional."""
    KEEP = "keep"
    DROP = "drop"
    FLAG = "flag"
    """Looked at, and left open for somebody to decide."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person has said of a pair; the default is nothing."""

    choice: Choice = Choice.UNDECIDED
    is_swapped: bool = False
    """Chosen and rejected are exchanged."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One action, the state it replaced and the state it left."""

    seq: int
    action: str
    target: int
    """The decision that an undo or redo is about; for any other action its own `seq`."""
    pair_id: str
    old_choice: str
    old_is_swapped: bool
    old_note: str
    choice: str
    is_swapped: bool
    note: str
    decided_at: datetime

    @property
    def before(self) -> Decision:
        """The state that was replaced."""
        return Decision(Choice(self.old_choice), self.old_is_swapped, self.old_note)

    @property
    def after(self) -> Decision:
        """The state that was left."""
        return Decision(Choice(self.choice), self.is_swapped, self.note)


@dataclass(frozen=True, slots=True)
class DecisionCounts:
    """A build's pairs by choice; the first four sum to its pairs."""

    n_kept: int = 0
    n_dropped: int = 0
    n_flagged: int = 0
    n_undecided: int = 0
    n_swapped: int = 0
    """Of all pairs, whatever their choice."""


LATEST = """SELECT pair_id, arg_max(choice, seq) AS choice, arg_max(is_swapped, seq) AS is_swapped,
    arg_max(note, seq) AS note FROM decisions GROUP BY pair_id"""
"""Each decided pair with its state."""

_COLUMNS = ", ".join(field.name for field in fields(DecisionRow))
_MARKS = ", ".join("?" for _ in fields(DecisionRow))


class Journal:
    """The journal as one writing transaction sees it; lives as long as that transaction."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor

    def next_seq(self) -> int:
        """The number of the next row; the one writer makes it unique."""
        rows = self._cursor.execute("SELECT coalesce(max(seq), 0) + 1 FROM decisions").fetchall()
        return int(rows[0][0])

    def state(self, pair_id: str) -> Decision:
        """What the journal says of a pair."""
        rows = self._load("WHERE pair_id = ? ORDER BY seq DESC LIMIT 1", [pair_id])
        return rows[0].after if rows else Decision()

    def moves(self) -> list[tuple[str, int]]:
        """Action and target of every row, in order."""
        return self._cursor.execute("SELECT action, target FROM decisions ORDER BY seq").fetchall()

    def rows(self, seqs: Sequence[int]) -> list[DecisionRow]:
        """Rows by number, in the order asked for."""
        found = self._load("WHERE seq IN (SELECT unnest(?::BIGINT[]))", [list(seqs)])
        by_seq = {row.seq: row for row in found}
        return [by_seq[seq] for seq in seqs]

    def append(self, rows: Sequence[DecisionRow]) -> None:
        """Add rows at the end."""
        if rows:
            self._cursor.executemany(
                f"INSERT INTO decisions VALUES ({_MARKS})", [astuple(row) for row in rows]
            )

    def _load(self, tail: str, parameters: list[object]) -> list[DecisionRow]:
        sql = f"SELECT {_COLUMNS} FROM decisions {tail}"
        return [DecisionRow(*row) for row in self._cursor.execute(sql, parameters).fetchall()]


async def amend(
    store: Store, propose: Callable[[Journal], Sequence[DecisionRow]]
) -> list[DecisionRow]:
    """Append what `propose` makes of the journal, as one step that no other write divides.

    `propose` runs on the writer's thread, more than once when its batch has to be repeated.
    """
    made: list[DecisionRow] = []

    def statements(cursor: duckdb.DuckDBPyConnection) -> None:
        journal = Journal(cursor)
        made[:] = propose(journal)
        journal.append(made)

    await store.change(statements)
    return made


async def load_history(store: Store, pair_id: str) -> list[DecisionRow]:
    """Everything that was done to a pair, oldest first."""
    return await store.load(DecisionRow, "decisions", "WHERE pair_id = ? ORDER BY seq", pair_id)


async def load_decisions(store: Store, build_id: str) -> dict[str, Decision]:
    """The state of each pair of a build that has one."""
    rows = await store.fetch(
        f"SELECT pair_id, choice, is_swapped, note FROM ({LATEST}) "
        "SEMI JOIN (SELECT pair_id FROM pairs WHERE build_id = ?) USING (pair_id)",
        [build_id],
    )
    return {name: Decision(Choice(choice), *rest) for name, choice, *rest in rows}


async def count_decisions(store: Store, build_id: str) -> DecisionCounts:
    """A build's pairs by choice."""
    (row,) = await store.fetch(
        f"""SELECT count(*) FILTER (WHERE choice = 'keep'),
                   count(*) FILTER (WHERE choice = 'drop'),
                   count(*) FILTER (WHERE choice = 'flag'),
                   count(*) FILTER (WHERE choice IS NULL OR choice = 'undecided'),
                   count(*) FILTER (WHERE is_swapped)
            FROM pairs LEFT JOIN ({LATEST}) USING (pair_id) WHERE build_id = ?""",
        [build_id],
    )
    return DecisionCounts(*row)


async def count_tasks(store: Store, build_id: str) -> tuple[int, int]:
    """Distinct tasks of a build's pairs: of all, and of those that a dataset would hold."""
    (row,) = await store.fetch(
        f"""SELECT count(DISTINCT task_id), count(DISTINCT task_id)
                FILTER (WHERE choice IS NULL OR choice NOT IN ('drop', 'flag'))
            FROM pairs LEFT JOIN ({LATEST}) USING (pair_id) WHERE build_id = ?""",
        [build_id],
    )
    return row[0], row[1]


async def find_pair_ids(store: Store, start: str, build_id: str = "") -> list[str]:
    """At most two ids of pairs that begin so, of one build or of all."""
    rows = await store.fetch(
        "SELECT DISTINCT pair_id FROM pairs WHERE starts_with(pair_id, ?) "
        "AND (? = '' OR build_id = ?) ORDER BY pair_id LIMIT 2",
        [start, build_id, build_id],
    )
    return [name for (name,) in rows]
