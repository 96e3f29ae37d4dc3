"""What the keys of suites start: forms first, then the engine, then one sentence."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from tui.screens import suite_words as words
from tui.screens.mode import ModeScreen
from tui.screens.suite_forms import Wanted, import_form
from tui.screens.suite_options import (
    Export,
    Forging,
    Proof,
    export_form,
    forge_form,
    grade_form,
    proof_form,
)
from tui.screens.suite_rows import n_unchecked

if TYPE_CHECKING:  # importing these for real loads the database
    from core.engine import Engine
    from core.store.suites import SuiteSummary
    from core.suites.importing import ImportReport
    from core.suites.operations import CheckReport, ForgeReport

T = TypeVar("T")

BUILTIN = "kata"


def check(screen: ModeScreen, suite: SuiteSummary | None) -> None:
    """Check what is unchecked of a suite; when nothing is, ask to check all again."""
    if suite is None:
        return
    is_done = not n_unchecked(suite)
    screen.ask(
        f"check {suite.suite}",
        lambda engine: engine.check(suite.suite, again=is_done),
        then=lambda report: screen.say(words.checked(report)),
        question=words.checks_again(suite) if is_done else "",
    )


def check_as_asked(screen: ModeScreen, suite: SuiteSummary | None) -> None:
    """Ask how often and which tasks, then check them."""
    if suite is None:
        return

    async def work(engine: Engine, given: Proof) -> CheckReport:
        return await engine.check(
            suite.suite, given.n_rounds, again=given.again, selection=given.only.selection()
        )

    def take(given: object) -> None:
        if isinstance(given, Proof):
            screen.ask(
                f"check {suite.suite}",
                lambda engine: work(engine, given),
                then=lambda report: screen.say(words.checked(report)),
            )

    screen.app.push_screen(proof_form(suite.suite), take)


def forge(screen: ModeScreen) -> None:
    """Ask for programs, then make a suite of bugs from them; asks when there is one."""

    def take(given: object) -> None:
        if not isinstance(given, Forging):
            return

        async def work(engine: Engine) -> ForgeReport:
            if given.path is None:
                numbers = given.seed, given.n_per_program
                return await engine.forge(*numbers, given.only.selection())
            from core.suites.operations import ForgeOptions

            numbers = given.seed, given.n_per_program
            options = ForgeOptions(given.suite, *numbers, given.only.selection())
            return await engine.forge_folder(given.path, options)

        _replace(screen, "forge", given.name, work, words.forged)

    screen.app.push_screen(forge_form(), take)


def import_suite(screen: ModeScreen) -> None:
    """Ask what to import, then import it; asks when there is such a suite."""

    def take(wanted: object) -> None:
        if isinstance(wanted, Wanted):

            async def work(engine: Engine) -> ImportReport:
                from core.suites.importing import ImportOptions

                options = ImportOptions(wanted.suite, wanted.only.selection(), wanted.repos)
                return await engine.import_suite(wanted.importer, wanted.path, options)

            _replace(screen, "import", wanted.suite or wanted.importer, work, words.imported)

    screen.app.push_screen(import_form(), take)


def export(screen: ModeScreen, suite: SuiteSummary | None) -> None:
    """Write a run's patches for a suite's own program."""
    if suite is None:
        return

    def take(given: object) -> None:
        if isinstance(given, Export):
            screen.ask(
                f"export {suite.suite}",
                lambda engine: engine.export_predictions(
                    suite.suite, given.path, given.run_id, given.seed
                ),
                then=lambda report: screen.say(words.exported(report)),
            )

    screen.app.push_screen(export_form(suite.suite), take)


def grade(screen: ModeScreen, suite: SuiteSummary | None) -> None:
    """Have a file of predictions judged by a suite's own program."""
    if suite is None:
        return

    def take(given: object) -> None:
        if isinstance(given, Export):
            screen.ask(
                f"grade {suite.suite}",
                lambda engine: engine.grade(suite.suite, given.path),
                then=lambda report: screen.say(words.graded(report)),
            )

    screen.app.push_screen(grade_form(suite.suite), take)


def _replace(
    screen: ModeScreen,
    verb: str,
    name: str,
    work: Callable[[Engine], Awaitable[T]],
    sentence: Callable[[T], str],
) -> None:
    """Make a suite; what is there at that moment is only replaced after a yes."""
    what = f"{verb} {name}"

    async def replace(engine: Engine) -> str:
        question = words.replaces(await engine.list_suites(), verb.capitalize(), name)
        if question and not await screen.confirm(question):
            return f"{what}: not done"
        return sentence(await work(engine))

    screen.ask(what, replace, then=screen.say)
