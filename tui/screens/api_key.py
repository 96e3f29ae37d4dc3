"""Asks for an API key, which is typed unseen and kept in a file that only its owner can read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from core.config import set_value, user_directory
from core.errors import UsageError
from tui.screens.form import Field, FormScreen

KEY_NAME = "together_api_key"


def key_form() -> FormScreen:
    """Closes with the file that has the key."""
    field = Field(KEY_NAME, KEY_NAME, "", "typed unseen", is_secret=True)
    form = FormScreen("A key for remote models", [field], _keep)
    form.add_class("-wide-label")
    return form


def _keep(values: Mapping[str, str]) -> Path:
    if not values[KEY_NAME]:
        raise UsageError("no key was given; esc leaves")
    return set_value(KEY_NAME, values[KEY_NAME], user_directory())
