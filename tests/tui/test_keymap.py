"""The table of keys, and what a user's file may change in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import UsageError
from tui.keymap import KEYS, in_force, load_overrides, shown_key

UNSAFE = {f"ctrl+{letter}" for letter in "bahimsqj"} | {"ctrl+enter", "shift+enter"}


def _refused(tmp_path: Path, text: str) -> str:
    (tmp_path / "keys.toml").write_text(text)
    with pytest.raises(UsageError) as refusal:
        load_overrides(tmp_path / "keys.toml")
    return str(refusal.value)


def test_no_default_key_is_lost_on_its_way_through_a_terminal() -> None:
    names = {name for key in KEYS for name in key.names}
    assert not names & UNSAFE
    assert not [name for name in names if name.startswith(("alt+", "super+", "f1"))]


def test_no_two_default_keys_clash(tmp_path: Path) -> None:
    (tmp_path / "keys.toml").write_text("")
    assert load_overrides(tmp_path / "keys.toml") == {}


def test_ids_are_unique_and_escape_has_a_twin() -> None:
    assert len({key.key_id for key in KEYS}) == len(KEYS)
    for key in KEYS:
        if "escape" in key.names:
            assert "q" in key.names


def test_an_override_replaces_all_keys_of_its_action(tmp_path: Path) -> None:
    (tmp_path / "keys.toml").write_text('down = ["9", "ctrl+g", ","]\nreload = "0"\n')
    keys = {key.key_id: key for key in in_force(load_overrides(tmp_path / "keys.toml"))}
    assert keys["down"].shown == "9 ctrl+g ,"
    assert keys["reload"].names == ("0",)
    assert keys["up"].names == ("k", "up")


def test_no_file_means_no_overrides(tmp_path: Path) -> None:
    assert load_overrides(tmp_path / "keys.toml") == {}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('reload = "t"', "t would mean both reload and theme"),
        ('reload = "?"', "? would mean both reload and help"),
        ('theme = "0"\nreload = "0"', "0 would mean both reload and theme"),
        ('fly = "x"', "there is no action fly"),
        ("reload = 3", "reload wants keys"),
        ("reload = []", "reload wants keys"),
        ('reload = "kontrol+x"', "reload wants keys"),
        ('reload = "entre"', "reload wants keys"),
        ("reload = ", "Invalid value"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, complaint: str) -> None:
    message = _refused(tmp_path, text)
    assert message.startswith("keys.toml was not used: ")
    assert complaint in message


def test_two_actions_may_exchange_their_keys(tmp_path: Path) -> None:
    (tmp_path / "keys.toml").write_text('reload = "t"\ntheme = "r"\n')
    keys = {key.key_id: key.keys for key in in_force(load_overrides(tmp_path / "keys.toml"))}
    assert (keys["reload"], keys["theme"]) == ("t", "r")


@pytest.mark.parametrize(
    ("name", "shown"),
    [("question_mark", "?"), ("escape", "esc"), ("ctrl+p", "ctrl+p"), ("down", "down"), ("+", "+")],
)
def test_keys_are_shown_as_people_name_them(name: str, shown: str) -> None:
    assert shown_key(name) == shown
