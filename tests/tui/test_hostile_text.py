"""Text of models, logs and files on every widget and screen: shown as text, obeyed nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from core.evaluation.operations import EvaluationOptions, freeze_rule
from core.rollouts.arm import make_arm
from core.rollouts.plan import RunPlan
from core.store.runs import ArmRow
from core.text import clean
from tests.tui.grid import app_on, grid, until, until_shown
from tests.tui.hosting import hosted
from tests.tui.rows import (
    at,
    build_rows,
    check_rows,
    evaluation_rows,
    job_rows,
    run_rows,
    split_rows,
    store_rows,
    suite_rows,
)
from tests.tui.suite_store import store_suites
from tui.keymap import Group
from tui.modes import MODES
from tui.screens.confirm import ConfirmScreen
from tui.screens.form import Field, FormScreen
from tui.theme import VARIABLES
from tui.widgets import input_list
from tui.widgets.cells import UNICODE
from tui.widgets.curve import Curves
from tui.widgets.diff_lines import compare
from tui.widgets.diff_view import DiffView
from tui.widgets.frame import MessageLine, TitleBar
from tui.widgets.heat_grid import Axes, HeatGrid, Mark, Place, Tone
from tui.widgets.interval import Estimate, Intervals
from tui.widgets.meter import Meter
from tui.widgets.panels import Panel, Series
from tui.widgets.stage_table import StageLine, StageTable
from tui.widgets.status import StatusBar
from tui.widgets.virtual_list import Column, Page, Row, VirtualList

MARKUP = "[/foo]"
WORD = "owned"
"""In the middle of the payload: a screen may cut either end."""
PAYLOAD = (
    f"{MARKUP}[@click=app.quit]a[/][bold\x1b[2J\x1b]0;owned\x07\x9b31m\x90q\x9c\u202e\u2066\x00\x7f"
    "漢字\u200b\u0301\U0001f469\u200d\U0001f4bb e\u0301\r\x08"
)


def _texts(screen: Screen[object]) -> Iterator[tuple[Widget, str]]:
    for widget in screen.walk_children(Widget):
        for y in range(widget.size.height):
            yield widget, widget.render_line(y).text


def _obeyed(text: str) -> list[str]:
    """What a terminal would obey, or reorder by."""
    return [
        c
        for c in text
        if ord(c) < 32
        or 127 <= ord(c) < 160
        or "\u202a" <= c <= "\u202e"
        or "\u2066" <= c <= "\u2069"
    ]


class _Gallery(App[None]):
    """Every widget, each showing the payload wherever it shows text."""

    CSS = "Screen > * { height: 4; } TitleBar, MessageLine, StatusBar { dock: none; margin: 0; }"

    def __init__(self) -> None:
        super().__init__()
        self.text = clean(PAYLOAD)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict.fromkeys(VARIABLES, "ansi_default")

    def compose(self) -> ComposeResult:
        yield TitleBar("plan", UNICODE)
        yield MessageLine()
        yield StatusBar(UNICODE)
        yield StageTable(UNICODE)
        yield Curves(UNICODE)
        yield Intervals(UNICODE)
        yield HeatGrid(UNICODE)
        yield Meter()
        yield input_list.InputList(UNICODE)
        yield DiffView(UNICODE)
        yield VirtualList((Column(self.text, 0), Column("b", 9)), UNICODE)

    async def on_mount(self) -> None:
        text = self.text
        self.query_one(TitleBar).show_figures(text)
        self.query_one(MessageLine).say(text)
        self.query_one(StatusBar).show([(text, "")])
        line = StageLine("·", text, text, text, text, text, text, "")
        self.query_one(StageTable).show([line])
        self.query_one(Curves).show(
            [Panel(text, (Series(text, ((0, 0.1), (1, 0.5))),) * 2, text)], 2
        )
        self.query_one(Intervals).show([Estimate(text, 0.1, 0.0, 0.2)])
        mark = {Place(0, 0): Mark("x", Tone.BAD)}
        self.query_one(HeatGrid).show(Axes((text,), ((text, 1),)), mark)
        self.query_one(Meter).show([Content(text)])
        self.query_one(input_list.InputList).show([input_list.Field(text, text, text)])
        self.query_one(DiffView).show(compare(text, f"{text}!"), text, text)
        await self.query_one(VirtualList).show(self._page)

    async def _page(self, offset: int, limit: int) -> Page:
        return Page([Row(self.text, (self.text, (self.text, "$accent")))], 1)


async def test_every_widget_shows_cleaned_text_as_it_is_written() -> None:
    app = _Gallery()
    async with app.run_test(size=(160, 60)) as pilot:
        await pilot.pause()
        shown: dict[str, str] = {}
        for widget, text in _texts(app.screen):
            name = type(widget).__name__
            shown[name] = shown.get(name, "") + text
            assert not _obeyed(text), name
            assert cell_len(text) <= max(widget.size.width, 0), name
    missing = {
        type(widget).__name__
        for widget in app.query("Screen > *")
        if MARKUP not in shown[type(widget).__name__]
    }
    assert not missing


def _spoil(rows: dict[str, Sequence[Any]], **texts: str) -> dict[str, Sequence[Any]]:
    """The rows with other texts in the columns that are named."""
    return {
        table: [
            replace(row, **{name: text for name, text in texts.items() if hasattr(row, name)})
            for row in found
        ]
        for table, found in rows.items()
    }


async def _store_hostile(place: Path) -> None:
    """A workspace in which every stage holds the payload."""
    text = PAYLOAD.replace("\x00", "")  # which no column takes
    arm = make_arm("builtin")
    arms = [ArmRow(arm.arm_id, text, msgspec.json.encode(arm).decode(), at(3))]
    task_id = f"{text}/task-1"
    plan = msgspec.json.encode(RunPlan((arm.arm_id,), (task_id,), (0, 1, 2, 3))).decode()
    rule = msgspec.json.encode(freeze_rule(EvaluationOptions(), {text}, "", 3)).decode()
    task = {"task_id": task_id, "family": text, "reason": text, "arm_id": arm.arm_id, "body": plan}
    await store_rows(
        place,
        suite_rows(text),
        check_rows(text),
        split_rows(),
        {"arms": arms},
        _spoil(run_rows(), **task),
        _spoil(build_rows(), **task, chosen=text, rejected=f"{text}!"),
        job_rows("failed", text),
        _spoil(evaluation_rows(), base_arm=arm.arm_id, tuned_arm=text, rule=rule, body=plan),
    )


@pytest.mark.parametrize("group", list(MODES))
async def test_every_screen_shows_stored_text_without_control_characters(
    tmp_path: Path, group: Group
) -> None:
    place = tmp_path / "\x1b[31mred\x9b"
    await _store_hostile(place)
    app = app_on(place)
    async with hosted(place), app.run_test(size=(200, 40)) as pilot:
        await until(pilot, lambda: app.link.engine is not None)
        app.action_mode(group.value)
        await until_shown(pilot, f"▸{list(MODES).index(group) + 1}")
        if group is not Group.EVALUATION:  # unfinished, it shows nothing but ids of ours
            await until(pilot, lambda: MARKUP in grid(app) or WORD in grid(app))
        await app.workers.wait_for_complete()
        app.say(PAYLOAD)
        await until_shown(pilot, MARKUP)
        assert not [text for _, text in _texts(app.screen) if _obeyed(text)]


async def test_a_task_is_a_page_of_text_whatever_its_description_holds(tmp_path: Path) -> None:
    await store_suites(tmp_path, PAYLOAD)
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(120, 60)) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "  add_1 ")
        await pilot.press("tab", "enter")
        shown = await until_shown(pilot, "will not see", MARKUP)
        assert "owned" in shown
        assert not [text for _, text in _texts(app.screen) if _obeyed(text)]


async def test_questions_and_forms_show_names_as_text(tmp_path: Path) -> None:
    app = app_on(tmp_path)
    async with hosted(tmp_path), app.run_test(size=(120, 40)) as pilot:
        app.push_screen(ConfirmScreen(PAYLOAD))
        await until_shown(pilot, MARKUP, "y yes")
        assert not [text for _, text in _texts(app.screen) if _obeyed(text)]
        await pilot.press("n")
        text = clean(PAYLOAD)
        app.push_screen(FormScreen(text, [Field("a", text, text, text)], lambda values: values))
        await until_shown(pilot, MARKUP, "enter goes on")
        assert not [text for _, text in _texts(app.screen) if _obeyed(text)]
        assert MARKUP in grid(app)
