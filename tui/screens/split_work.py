"""What the keys of a split start: forms first, then the engine, then one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from core.text import clean
from tui.relations import certificate_lines, verdict
from tui.screens import split_words as words
from tui.screens.mode import ModeScreen
from tui.screens.page import PageScreen
from tui.screens.split_forms import (
    LeakCheck,
    Move,
    Shares,
    check_form,
    move_form,
    reason_form,
    split_form,
)
from tui.screens.suite_relatives import RelativesPane
from tui.screens.suite_split import SplitPane

if TYPE_CHECKING:  # importing these for real loads the database
    from core.engine import Engine
    from core.splits.certificate import Certificate
    from core.splits.questions import Answered, Relations
    from core.splits.reports import SplitReport

_OURS = ("check", "forge", "import", "make split", "compare tasks", "grade")
"""How the labels of operations begin that belong to suites and splits."""


def make_split(screen: ModeScreen, suite: str) -> None:
    """Ask for suites and shares, then divide them."""

    def take(given: object) -> None:
        if isinstance(given, Shares):
            screen.ask(
                f"divide {', '.join(given.suites)}",
                lambda engine: engine.make_split(
                    given.suites,
                    given.ratios,
                    given.seed,
                    given.heldout,
                    by_difficulty=given.by_difficulty,
                ),
                then=lambda report: screen.say(words.divided(report)),
            )

    screen.app.push_screen(split_form(suite), take)


def move_family(screen: ModeScreen, pane: SplitPane) -> None:
    """Ask where the family under the cursor goes and why, then make a new split."""
    family, view = pane.family, pane.view
    if family is None or view is None:
        screen.say(words.NO_FAMILY, is_warning=True)
        return
    if not family.is_member:
        screen.say(words.not_a_member(family.name), is_warning=True)
        return
    split_id = view.report.split_id

    def take(given: object) -> None:
        if isinstance(given, Move):
            screen.ask(
                f"move {family.name}",
                lambda engine: _move(engine, family.name, given, split_id),
                then=lambda report: _done(screen, words.moved(report, given.side)),
            )

    screen.app.push_screen(move_form(family.name, len(family.task_ids), pane.side), take)


def check_split(screen: ModeScreen, split_id: str, outside: tuple[str, ...]) -> None:
    """Ask what to compare with, check, and show the certificate."""

    def show(found: Certificate) -> None:
        screen.say(verdict(found), is_warning=not found.is_clean)
        if screen.is_current:
            lines = [Content(clean(line)) for line in certificate_lines(found)]
            page = Content("\n").join(lines)
            screen.app.push_screen(PageScreen("suites", "the certificate", page, screen.host))

    def take(given: object) -> None:
        if isinstance(given, LeakCheck):
            screen.ask(
                "check the split",
                lambda engine: engine.check_split(
                    split_id, given.heldout, with_behaviour=given.with_behaviour
                ),
                then=show,
            )

    screen.app.push_screen(check_form(outside), take)


def answer(screen: ModeScreen, pane: RelativesPane, *, is_same: bool) -> None:
    """Ask why, then store a yes or no on the relation under the cursor."""
    row = pane.relation
    if row is None:
        screen.say(words.NO_RELATION, is_warning=True)
        return
    if row.standing.value == "certain":
        screen.say(words.CERTAIN, is_warning=True)
        return

    def take(reason: object) -> None:
        if isinstance(reason, str):
            screen.ask(
                "answer",
                lambda engine: _answer(engine, (row.one, row.other), reason, is_same=is_same),
                then=lambda given: _told(screen, given),
            )

    screen.app.push_screen(reason_form(is_same, row.one, row.other), take)


def undo(screen: ModeScreen) -> None:
    """Take back the newest yes or no."""
    screen.ask("undo", lambda engine: engine.undo_answer(), then=lambda given: _told(screen, given))


def compare(screen: ModeScreen, split_id: str, *, with_behaviour: bool) -> None:
    """Compare the tasks of all checked suites."""

    def then(found: Relations) -> None:
        screen.say(words.compared(found))
        screen.reload()

    screen.ask(
        "compare tasks",
        lambda engine: engine.compare_tasks((), split_id, with_behaviour=with_behaviour),
        then=then,
    )


async def cancel(screen: ModeScreen) -> None:
    """Stop what goes on with suites and splits, whoever asked for it; asks before it does."""
    from core.service.client import EngineClient

    engine = screen.engine
    if not isinstance(engine, EngineClient):
        screen.say(words.NOTHING_TO_STOP)
        return
    going = (await engine.status()).operations
    ours = [view for view in going if view.label.startswith(_OURS)]
    if not ours:
        screen.say(words.NOTHING_TO_STOP)
        return
    newest = ours[-1]
    if await screen.confirm(f"Stop `{newest.label}`? What it finished is stored."):
        await engine.cancel(newest.operation_id)


async def _move(engine: Engine, name: str, given: Move, split_id: str) -> SplitReport:
    from core.splits.sides import Side

    return await engine.move_families((name,), Side(given.side), given.reason, split_id)


async def _answer(engine: Engine, pair: tuple[str, str], reason: str, *, is_same: bool) -> Answered:
    from core.splits.answers import Answer

    return await engine.answer_relation(*pair, Answer.YES if is_same else Answer.NO, reason)


def _told(screen: ModeScreen, given: Answered) -> None:
    _done(screen, words.answered(given))


def _done(screen: ModeScreen, sentence: str) -> None:
    """Say what was done and show it; short operations are not announced by the engine."""
    screen.say(sentence)
    screen.reload()
