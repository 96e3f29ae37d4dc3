"""`gemel config` as a shell meets it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.gemel import Outcome
from tui.keymap import KEYS, load_overrides

KEY = "sk-0123456789abcdef-SECRET"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("TOGETHER_API_KEY", raising=False)
    return tmp_path


def _gemel(*words: str, text: str = "") -> Outcome:
    program = [sys.executable, "-m", "tui.cli", "config", *words]
    done = subprocess.run(program, input=text, capture_output=True, text=True, check=False)
    return Outcome(done.returncode, done.stdout, done.stderr)


def test_a_key_comes_through_a_pipe_and_is_never_printed_whole(config: Path) -> None:
    refused = _gemel("set", "together_api_key", KEY)
    assert (refused.code, list(config.rglob("credentials.toml"))) == (3, [])
    done = _gemel("set", "together_api_key", text=f"{KEY}\n")
    assert done.code == 0, done.err
    (file,) = config.rglob("credentials.toml")
    assert file.stat().st_mode & 0o777 == 0o600
    shown = _gemel("get", "--json")
    values = {row["name"]: row["value"] for row in shown.json}
    assert values["together_api_key"] == "...CRET"
    assert KEY not in "".join((done.out, done.err, shown.out, shown.err, refused.err))


def test_settings_are_kept_and_unknown_ones_refused_with_the_list(config: Path) -> None:
    assert _gemel("set", "theme", "light").code == 0
    (row,) = _gemel("get", "theme", "--json").json
    assert row["value"] == "light"
    unknown = _gemel("set", "them", "light")
    assert unknown.code == 2
    assert "there are theme, allow_unsandboxed" in unknown.err


def test_the_starter_file_of_keys_can_be_used_whole(config: Path) -> None:
    assert _gemel("keys", "--write").code == 0
    (file,) = config.rglob("keys.toml")
    assert load_overrides(file) == {}
    lines = [line.removeprefix("# ") for line in file.read_text().splitlines() if " = [" in line]
    file.write_text("\n".join(lines))
    overrides = load_overrides(file)
    assert overrides.keys() == {key.key_id for key in KEYS}
    assert all(overrides[key.key_id] == key.keys.replace(" ", "") for key in KEYS)
    assert _gemel("keys", "--write").code == 3
