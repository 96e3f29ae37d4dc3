"""A few named values to fill in, each explained beside it; enter takes them, escape leaves."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from core.errors import UsageError
from core.text import clean
from tui.keymap import same_keys


@dataclass(frozen=True, slots=True)
class Field:
    """One value, as text."""

    name: str
    label: str
    value: str
    remark: str
    """What it is for, in a few words."""
    is_secret: bool = False
    """Typed unseen."""


class FormScreen(ModalScreen[object]):
    """Closes with what `read` makes of the values; what it refuses is said and can be mended."""

    CSS_PATH = "form.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [same_keys("back", "leave")]

    def __init__(
        self,
        heading: str,
        fields: Sequence[Field],
        read: Callable[[Mapping[str, str]], object],
    ) -> None:
        super().__init__()
        self._heading = heading
        self._fields = fields
        self._read = read

    def compose(self) -> ComposeResult:
        """The heading, a line per value, and the keys."""
        with Vertical():
            yield Static(Content.styled(self._heading, "bold $primary"))
            for field in self._fields:
                with Horizontal():
                    yield Static(Content(field.label), classes="label")
                    value = Input(
                        field.value,
                        id=field.name,
                        compact=True,
                        select_on_focus=False,
                        password=field.is_secret,
                    )
                    value.cursor_blink = False
                    yield value
                    yield Static(Content(field.remark), classes="remark")
            yield Static(Content.styled("", "$warning"), id="refusal")
            keys = "enter goes on   tab next value   esc leaves"
            yield Static(Content.styled(keys, "bold $accent"))

    def on_input_submitted(self) -> None:
        """Take the values, or say why not."""
        values = {
            field.name: self.query_one(f"#{field.name}", Input).value.strip()
            for field in self._fields
        }
        try:
            self.dismiss(self._read(values))
        except UsageError as error:
            refusal = Content.styled(clean(str(error)), "$warning")
            self.query_one("#refusal", Static).update(refusal)

    def action_leave(self) -> None:
        """Close without values."""
        self.dismiss(None)


def whole(values: Mapping[str, str], name: str, label: str) -> int:
    """A value as a whole number."""
    try:
        return int(values[name])
    except ValueError:
        raise UsageError(f"{label}: a whole number is needed, not {values[name]!r}") from None


def number(values: Mapping[str, str], name: str, label: str) -> float:
    """A value as a number, neither endless nor undefined."""
    try:
        found = float(values[name])
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise UsageError(f"{label}: a number is needed, not {values[name]!r}")
    return found
