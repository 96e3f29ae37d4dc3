"""The price book: what a model or a machine costs, since when, and who says so.

The shipped `prices.toml` comes first, then the user's file in the config directory, then the
workspace's; a later row replaces an earlier one of the same name and brings a retired model
back. A price that no file has is a refusal that names the file to write.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import msgspec
import platformdirs

from core.errors import RefusedError, UsageError

FILE_NAME = "prices.toml"
PROVIDER_PREFIX = "together:"
"""The book's plain model ids are Together's; a policy may name them with this in front."""

Microusd = Annotated[int, msgspec.Meta(ge=0, le=10**12)]


class Use(StrEnum):
    """What a model is retired from."""

    CHAT = "chat"
    TRAINING = "training"


@dataclass(frozen=True, slots=True)
class ChatRow:
    """A chat model, in micro-dollars per million tokens."""

    model: str
    prompt: Microusd
    completion: Microusd
    as_of: date
    source: str
    cached: Microusd | None = None
    """None: no discount is published, cached tokens cost what others do."""


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """Training a model, in micro-dollars per million tokens, and the least a job costs."""

    model: str
    method: str
    per_million: Microusd
    as_of: date
    source: str
    minimum: Microusd = 0


@dataclass(frozen=True, slots=True)
class HardwareRow:
    """One accelerator of a dedicated endpoint, in micro-dollars per hour."""

    name: str
    per_hour: Microusd
    as_of: date
    source: str


@dataclass(frozen=True, slots=True)
class RetiredRow:
    """A model that its provider took away."""

    model: str
    use: Use
    replacement: str
    since: date
    source: str


@dataclass(frozen=True, slots=True)
class _File:
    chat: tuple[ChatRow, ...] = ()
    training: tuple[TrainingRow, ...] = ()
    hardware: tuple[HardwareRow, ...] = ()
    retired: tuple[RetiredRow, ...] = ()


@dataclass(frozen=True, slots=True)
class PriceBook:
    """All known prices."""

    override: str
    """The file that a user writes to add a price."""
    chat: dict[str, ChatRow] = field(default_factory=dict)
    training: dict[tuple[str, str], TrainingRow] = field(default_factory=dict)
    hardware: dict[str, HardwareRow] = field(default_factory=dict)
    retired: dict[tuple[Use, str], RetiredRow] = field(default_factory=dict)

    def chat_row(self, name: str) -> ChatRow:
        """The price of a chat model; raises `RefusedError` when unknown or retired."""
        row = self.chat.get(name) or self.chat.get(name.removeprefix(PROVIDER_PREFIX))
        if row is None:
            needed = f'[[chat]] with model = "{name}", prompt, completion'
            raise self._refusal(name, self.retired_row(Use.CHAT, name), needed)
        return row

    def training_row(self, model: str, method: str) -> TrainingRow:
        """The price of training; raises `RefusedError` when unknown or retired."""
        row = self.training.get((model, method))
        if row is None:
            what = f"training {model} by {method}"
            needed = f'[[training]] with model = "{model}", method = "{method}", per_million'
            raise self._refusal(what, self.retired_row(Use.TRAINING, model), needed)
        return row

    def hardware_row(self, name: str) -> HardwareRow:
        """The price of an accelerator; raises `RefusedError` when unknown."""
        row = self.hardware.get(name)
        if row is None:
            raise self._refusal(name, None, f'[[hardware]] with name = "{name}", per_hour')
        return row

    def retired_row(self, use: Use, model: str) -> RetiredRow | None:
        """The row that says the model is gone, if it is."""
        return self.retired.get((use, model.removeprefix(PROVIDER_PREFIX)))

    def _refusal(self, what: str, retired: RetiredRow | None, needed: str) -> RefusedError:
        gone = ""
        if retired is not None:
            gone = f" It was retired on {retired.since}; use {retired.replacement} instead."
        return RefusedError(
            f"The price of {what} is unknown; nothing was called.{gone} To add it, write "
            f"{needed} (micro-dollars), as_of and source to {self.override}."
        )


def load_book(workspace: Path | None = None, config: Path | None = None) -> PriceBook:
    """Shipped prices under the user's; raises `UsageError` naming a file that cannot be used."""
    folder = config or Path(platformdirs.user_config_dir("gemel"))
    theirs = [folder / FILE_NAME] + ([workspace / FILE_NAME] if workspace else [])
    book = PriceBook(str(theirs[-1]))
    _merge(book, _shipped())
    for path in theirs:
        if path.exists():
            _merge(book, _parse(_read(path), str(path)))
    return book


@cache
def _shipped() -> _File:
    text = (resources.files("core.costs") / FILE_NAME).read_text("utf-8")
    return _parse(text, "the shipped prices")


def _merge(book: PriceBook, rows: _File) -> None:
    """Later rows win; what a later file prices is no longer retired, and the other way round."""
    for gone in rows.retired:
        book.retired[gone.use, gone.model] = gone
        _forget(book, gone)
    for chat in rows.chat:
        book.chat[chat.model] = chat
        book.retired.pop((Use.CHAT, chat.model), None)
    for training in rows.training:
        book.training[training.model, training.method] = training
        book.retired.pop((Use.TRAINING, training.model), None)
    for hardware in rows.hardware:
        book.hardware[hardware.name] = hardware


def _forget(book: PriceBook, gone: RetiredRow) -> None:
    if gone.use is Use.CHAT:
        book.chat.pop(gone.model, None)
        return
    for key in [key for key in book.training if key[0] == gone.model]:
        del book.training[key]


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The prices in {path} cannot be read: {error}") from error


def _parse(text: str, where: str) -> _File:
    try:
        data = tomllib.loads(text)
        _refuse_other_keys(data)
        return msgspec.convert(data, type=_File)
    except (ValueError, msgspec.ValidationError) as error:
        raise UsageError(f"The prices in {where} cannot be used: {error}") from error


def _refuse_other_keys(data: dict[str, Any]) -> None:
    """A misspelt key would silently leave the old price in force."""
    types = {"chat": ChatRow, "training": TrainingRow, "hardware": HardwareRow}
    known: dict[str, type[Any]] = {**types, "retired": RetiredRow}
    _only(data, known, "table")
    for table, rows in data.items():
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, dict):
                _only(row, [f.name for f in fields(known[table])], f"key in [[{table}]]")


def _only(given: Iterable[str], known: Iterable[str], what: str) -> None:
    allowed = list(known)
    for key in given:
        if key not in allowed:
            raise ValueError(f"unknown {what}: {key} (known: {', '.join(allowed)})")
