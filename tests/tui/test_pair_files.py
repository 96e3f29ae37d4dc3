"""What the forms of the Pairs screen make of their values, and what an export says beforehand."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import UsageError
from core.pairs.candidates import PairOptions
from core.pairs.formats import PairFormat
from core.pairs.queue import Funnel
from core.store.decisions import Choice, DecisionCounts
from core.store.pair_pages import PairFilter
from tui.screens.pair_files import Build, Export, read_build, read_export, will_write
from tui.screens.pair_filter import read_filter


def test_an_export_needs_a_path_a_known_format_and_leave_to_replace_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    found = read_export({"path": "a/b.jsonl", "format": "trl", "flagged": "yes"})
    assert found == Export(tmp_path / "a/b.jsonl", PairFormat.TRL, False, include_flagged=True)
    (tmp_path / "there").touch()
    for values in (
        {"path": "", "format": "trl"},
        {"path": "x", "format": "csv"},
        {"path": "x", "format": "trl", "flagged": "perhaps"},
        {"path": "there", "format": "trl", "overwrite": "no"},
    ):
        with pytest.raises(UsageError):
            read_export(values)
    there = {"path": "there", "format": "gemel", "overwrite": "yes"}
    assert read_export(there) == Export(tmp_path / "there", PairFormat.GEMEL, True, False)


def test_an_export_says_what_will_be_in_the_file() -> None:
    counts = DecisionCounts(3, 2, 1, 4, 1)
    said = will_write(Funnel("b", 12, {}, 10, 5, counts, 7, 4))
    assert "7 pairs of 4 tasks: 3 kept, 4 undecided" in said
    assert "1 of all swapped" in said
    assert "2 dropped and 1 flagged stay out" in said


def test_a_building_takes_the_options_of_the_command() -> None:
    values = {"run": "", "cap": "3", "forks": "yes", "graded": "y", "margin": "0.5"}
    assert read_build(values) == Build("latest", PairOptions(3, True, True, 0.5))
    for wrong in ({"cap": "x"}, {"margin": "much"}, {"forks": "perhaps"}):
        with pytest.raises(UsageError):
            read_build({**values, **wrong})


def test_words_of_a_filter_name_task_kind_text_and_decision() -> None:
    words = "leap kind:patch text:'return x' not:swapped is:noted is:flag"
    assert read_filter(words, Choice.KEEP) == PairFilter(
        task="leap",
        kind="patch",
        text="return x",
        is_swapped=False,
        has_note=True,
        decisions=(Choice.FLAG,),
    )
    assert read_filter("is:swapped", None) == PairFilter(is_swapped=True)
    assert read_filter("", Choice.KEEP) == PairFilter(decisions=(Choice.KEEP,))
    for wrong in ("is:nice", "size:3", "two words", "text:'open"):
        with pytest.raises(UsageError):
            read_filter(wrong, None)
