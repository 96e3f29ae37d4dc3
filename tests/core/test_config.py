"""Settings and keys: which file counts, what is refused, and who may read a key."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.config import (
    Settings,
    allows_unsandboxed,
    describe,
    load_settings,
    masked,
    set_value,
    with_api_keys,
)
from core.errors import RefusedError, UsageError

KEY = "sk-0123456789abcdef-SECRET"


def test_a_workspace_overrules_the_user_and_both_overrule_the_defaults(tmp_path: Path) -> None:
    user, workspace = tmp_path / "user", tmp_path / "work"
    assert load_settings(workspace, user) == Settings()
    set_value("theme", "light", user)
    set_value("allow_unsandboxed", "true", user)
    assert load_settings(workspace, user) == Settings("light", allow_unsandboxed=True)
    set_value("theme", "ansi", workspace)
    assert load_settings(workspace, user) == Settings("ansi", allow_unsandboxed=True)
    sources = {each.name: each.source for each in describe(workspace, {}, user)}
    assert sources["theme"] == str(workspace / "gemel.toml")
    assert sources["allow_unsandboxed"] == str(user / "gemel.toml")


def test_what_is_not_known_is_refused_with_the_list(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there are theme, allow_unsandboxed, together_api_key"):
        set_value("them", "light", tmp_path)
    with pytest.raises(UsageError, match="true or false"):
        set_value("allow_unsandboxed", "yes", tmp_path)
    for text, said in (
        ("them = 'light'", "no setting them"),
        ("theme = 1", "theme is no str"),
        ("theme = ", "no TOML"),
        (f"together_api_key = '{KEY}'", "never there"),
    ):
        (tmp_path / "gemel.toml").write_text(text)
        with pytest.raises(UsageError, match=said) as refusal:
            load_settings(None, tmp_path)
        assert KEY not in str(refusal.value)


def test_other_lines_and_remarks_stay_when_a_value_changes(tmp_path: Path) -> None:
    (tmp_path / "gemel.toml").write_text('# mine\ntheme = "dark"\n')
    set_value("allow_unsandboxed", "true", tmp_path)
    set_value("theme", "light", tmp_path)
    text = (tmp_path / "gemel.toml").read_text()
    assert text == '# mine\nallow_unsandboxed = true\ntheme = "light"\n'


def test_a_key_is_readable_by_its_owner_only_and_shown_by_its_end(tmp_path: Path) -> None:
    file = set_value("together_api_key", f"{KEY}\n", tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "gemel.toml").exists()
    shown = {each.name: each for each in describe(None, {}, tmp_path)}["together_api_key"]
    assert (shown.value, shown.source) == ("...CRET", str(file))
    assert with_api_keys({"PATH": "x"}, tmp_path) == {"PATH": "x", "TOGETHER_API_KEY": KEY}
    assert with_api_keys({"TOGETHER_API_KEY": "own"}, tmp_path) == {"TOGETHER_API_KEY": "own"}
    assert masked("short") == "..."
    file.chmod(0o644)
    with pytest.raises(RefusedError, match="can be read by others"):
        with_api_keys({}, tmp_path)


@pytest.mark.parametrize(
    ("variable", "stored", "is_allowed"),
    [("", "true", True), ("", "false", False), ("1", "false", True), ("0", "true", False)],
)
def test_the_variable_comes_before_the_files_in_allowing_unconfined_runs(
    tmp_path: Path, variable: str, stored: str, is_allowed: bool
) -> None:
    set_value("allow_unsandboxed", stored, tmp_path)
    environ = {"GEMEL_ALLOW_UNSANDBOXED": variable}
    assert allows_unsandboxed(tmp_path, environ) is is_allowed
