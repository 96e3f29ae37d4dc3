"""Today's prices of the service, written into the user's price file on request.

Rows of other names, comments and what the user wrote stay as they are; a row of the same name
is replaced as a whole.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from core.config import user_directory
from core.costs.book import FILE_NAME, PriceBook, load_book
from core.errors import UsageError
from core.together.catalogue import SERVERLESS, Catalogue, Machine, OfferedModel

_MODELS = "Together's catalogue (/v2/supported-models)"
_MACHINES = "Together's instance types (/v2/public/inference-instance-types)"
_TABLE = re.compile(r"(?m)^(?=\s*\[\[)")


@dataclass(frozen=True, slots=True)
class NewPrice:
    """A row that differs from the book's; micro-dollars."""

    table: str
    name: str
    values: dict[str, int]
    before: dict[str, int]
    """Empty when the book had none."""
    source: str


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh wrote, and where."""

    file: str
    as_of: date
    prices: tuple[NewPrice, ...]


def refresh(
    catalogue: Catalogue, models: Iterable[str], today: date, folder: Path | None = None
) -> Refreshed:
    """Write the prices of some models and of all machines that are not as the book has them."""
    folder = folder or user_directory()
    file, book = folder / FILE_NAME, load_book(config=folder)
    offered = [catalogue.models[name] for name in models if name in catalogue.models]
    found = [*_of_models(offered, book), *_of_machines(catalogue.machines.values(), book)]
    if found:
        _write(file, found, today)
        load_book(config=folder)
    return Refreshed(str(file), today, tuple(found))


def _of_models(models: Iterable[OfferedModel], book: PriceBook) -> Iterable[NewPrice]:
    for model in models:
        if SERVERLESS not in model.products or model.prompt is None or model.completion is None:
            continue
        row, before = book.chat.get(model.name), dict[str, int]()
        values = {"prompt": model.prompt, "completion": model.completion}
        if model.cached is not None:
            values["cached"] = model.cached
        if row is not None:
            before = {"prompt": row.prompt, "completion": row.completion}
            if row.cached is not None:
                before["cached"] = row.cached
        if values != before:
            yield NewPrice("chat", model.name, values, before, _MODELS)


def _of_machines(machines: Iterable[Machine], book: PriceBook) -> Iterable[NewPrice]:
    """One row for an accelerator, the dearest where machines of it differ."""
    per_hour: dict[str, int] = {}
    for machine in machines:
        one = -(-machine.per_hour_microusd // machine.n_accelerators)
        per_hour[machine.accelerator] = max(one, per_hour.get(machine.accelerator, 0))
    for name, one in sorted(per_hour.items()):
        row = book.hardware.get(name)
        before = {} if row is None else {"per_hour": row.per_hour}
        if before != {"per_hour": one}:
            yield NewPrice("hardware", name, {"per_hour": one}, before, _MACHINES)


def _write(file: Path, prices: list[NewPrice], today: date) -> None:
    try:
        text = file.read_text("utf-8") if file.exists() else ""
        gone = {(price.table, price.name) for price in prices}
        kept = [part for part in _TABLE.split(text) if _place(part) not in gone]
        parts = [part.rstrip() for part in kept if part.strip()]
        parts += [_row(price, today) for price in prices]
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        draft.write_text("\n\n".join(parts) + "\n", "utf-8")
        draft.replace(file)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be written: {error}. It was kept as it was.") from error


def _place(part: str) -> tuple[str, str] | None:
    """The table and name of one row of the file."""
    table = re.match(r"\s*\[\[\s*(\w+)\s*\]\]", part)
    name = re.search(r"(?m)^\s*(?:model|name)\s*=\s*(\"[^\"\n]*\"|'[^'\n]*')", part)
    if table is None or name is None:
        return None
    return table.group(1), name.group(1)[1:-1]


def _row(price: NewPrice, today: date) -> str:
    key = "model" if price.table == "chat" else "name"
    lines = [f"[[{price.table}]]", f"{key} = {json.dumps(price.name, ensure_ascii=False)}"]
    lines += [f"{name} = {value}" for name, value in price.values.items()]
    lines += [f"as_of = {today.isoformat()}", f"source = {json.dumps(price.source)}"]
    return "\n".join(lines)
