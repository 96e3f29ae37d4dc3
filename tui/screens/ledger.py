"""The ledger as a page: what all calls come to by stage, model, day and run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from core.money import usd
from core.text import clean, one_line
from tui.widgets.cells import fit

if TYPE_CHECKING:  # importing these for real loads the database
    from core.engine import Engine
    from core.store.ledger import LedgerLine

_ORDER = ("stage", "model", "day", "run")
_KEY, _CELL, _MOST = 34, 12, 200
_HEADINGS = ("calls", "failed", "prompt", "answer", "cached", "cost")
_NOTHING = "No call is stored yet: 3 starts a run of rollouts. q goes back."

LedgerSums = dict[str, "list[LedgerLine]"]


async def read_ledger(engine: Engine) -> LedgerSums:
    """All sums, by what they are taken by."""
    from core.store.ledger import LedgerBy

    return {by: await engine.ledger(LedgerBy(by)) for by in _ORDER}


def ledger_content(sums: LedgerSums) -> Content:
    """A table for each."""
    if not any(sums.values()):
        return Content(_NOTHING)
    lines: list[Content] = []
    for by, found in sums.items():
        lines += [_line(f"by {by}", _HEADINGS, "bold $primary"), *_rows(found), Content("")]
    return Content("\n").join(lines)


def _rows(found: Sequence[LedgerLine]) -> Iterator[Content]:
    for line in found[:_MOST]:
        counts = (
            line.n_calls, line.n_failed, line.n_prompt_tokens, line.n_completion_tokens,
            line.n_cached_tokens,
        )  # fmt: skip
        cells = [*(f"{count:,}" for count in counts), usd(line.cost_microusd)]
        yield _line(one_line(clean(line.key), _KEY - 1), cells, "$foreground")
    if len(found) > _MOST:
        yield Content.styled(f"and {len(found) - _MOST:,} more: gemel cost ledger", "$secondary")


def _line(key: str, cells: Sequence[str], style: str) -> Content:
    narrow = 9 if len(cells) == len(_HEADINGS) else _CELL
    return Content.styled(fit(key, 24, "~") + "".join(f"{cell:>{narrow}}" for cell in cells), style)
