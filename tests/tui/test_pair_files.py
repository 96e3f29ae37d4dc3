"""What leaves the app: a copy for the editor, and what the export form makes of its values."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from core.errors import UsageError
from core.pairs.formats import PairFormat
from core.store.decisions import Choice
from core.store.pair_pages import PairFilter
from tui.screens.pair_files import Export, open_in_editor, read_export
from tui.screens.pair_words import read_filter


def test_the_editor_gets_a_file_and_the_text_starts_nothing(tmp_path: Path) -> None:
    trap, copy = tmp_path / "trap", tmp_path / "copy"
    text = f"$(touch {trap}); `touch {trap}`\n# vim: set modeline:\n"
    script = f"import shutil, sys; shutil.copy(sys.argv[1], {str(copy)!r})"
    editor = shlex.join([sys.executable, "-c", script])
    said = open_in_editor(text, {"EDITOR": "false", "VISUAL": editor})
    assert "ended with code 0" in said
    assert copy.read_text() == text
    assert not trap.exists()


@pytest.mark.parametrize(
    ("editor", "said"), [("no-such-editor-here", "cannot be started"), ("'open", "cannot be used")]
)
def test_an_editor_that_cannot_be_used_is_said(editor: str, said: str) -> None:
    assert said in open_in_editor("text", {"EDITOR": editor})


def test_an_export_needs_a_path_and_a_known_format(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    found = read_export({"path": "a/b.jsonl", "format": "trl", "flagged": "yes"})
    assert found == Export(Path("/a/b.jsonl"), PairFormat.TRL, include_flagged=True)
    assert not read_export({"path": "x", "format": "together"}).include_flagged
    for values in ({"path": "", "format": "trl"}, {"path": "x", "format": "csv"}):
        with pytest.raises(UsageError):
            read_export(values)


def test_words_of_a_filter_name_task_kind_text_and_decision() -> None:
    words = "leap kind:patch text:return is:swapped is:flag"
    assert read_filter(words, Choice.KEEP) == PairFilter(
        task="leap", kind="patch", text="return", is_swapped=True, decisions=(Choice.FLAG,)
    )
    assert read_filter("", Choice.KEEP) == PairFilter(decisions=(Choice.KEEP,))
    for wrong in ("is:nice", "size:3", "two words"):
        with pytest.raises(UsageError):
            read_filter(wrong, None)
