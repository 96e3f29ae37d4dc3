"""`gemel split`: how suites are divided, what is related, and whether that leaks."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from core.engine import Engine
from core.splits.answers import Answer as Said
from core.splits.questions import Standing
from core.splits.sides import Side
from tui.commands import split_show as show
from tui.commands.host import Answer, Common, run
from tui.commands.pick import Pick

split = App(name="split", help="Divide suites by family, check for leaks, answer what is unsure.")

_Flag = Annotated[bool, Parameter(negative="")]
_Names = Annotated[tuple[str, ...], Parameter(negative="")]

_BUILTIN = "kata"
_REFUSED = 3


@split.command(name="make")
def make_split(
    *suites: str,
    seed: int = 0,
    train: float = 0.6,
    validation: float = 0.1,
    test: float = 0.3,
    heldout: _Names = (),
    by_difficulty: _Flag = False,
    pick: Pick = Pick(),
    common: Common = Common(),
) -> int:
    """Divide the admitted tasks of suites, or some of them; families stay together.

    Parameters
    ----------
    suites
        Suites to divide [default: kata].
    seed
        The same seed makes the same split.
    train
        Share of the train side.
    validation
        Share of the validation side.
    test
        Share of the test side.
    heldout
        A suite to hold out as a whole; what is related to a divided task is left out.
    by_difficulty
        Give every side its share of hard and easy families, as the newest runs measured them.
    """

    async def work(engine: Engine) -> Answer:
        report = await engine.make_split(
            suites or (_BUILTIN,),
            (train, validation, test),
            seed,
            heldout,
            by_difficulty=by_difficulty,
            selection=pick.selection,
        )
        return Answer(report, lambda out: show.split(out, report))

    return run(common, work)


@split.command(name="list")
def list_splits(*, common: Common = Common()) -> int:
    """List all splits, the newest first."""

    async def work(engine: Engine) -> Answer:
        rows = await engine.list_splits()
        return Answer(rows, lambda out: show.splits(out, rows))

    return run(common, work)


@split.command(name="show")
def show_split(split_id: str = "", /, *, tasks: _Flag = False, common: Common = Common()) -> int:
    """Show one split, or list them all.

    Parameters
    ----------
    split_id
        Id or its beginning, or `latest` [default: list all].
    tasks
        Every family of every side with its tasks, and what is held out.
    """
    if not split_id and not tasks:
        return list_splits(common=common)

    async def work(engine: Engine) -> Answer:
        if tasks:
            view = await engine.split_columns(split_id or "latest")
            return Answer(view, lambda out: show.columns(out, view))
        report = await engine.show_split(split_id)
        return Answer(report, lambda out: show.split(out, report))

    return run(common, work)


@split.command(name="move")
def move_families(
    *names: str, to: Side, reason: str, split: str = "latest", common: Common = Common()
) -> int:
    """Put families on another side, in a new split; the old one stays.

    Parameters
    ----------
    names
        Families, or tasks whose whole families are meant.
    to
        train, validation, test or heldout.
    reason
        Why; stored with the new split.
    split
        The split to change.
    """

    async def work(engine: Engine) -> Answer:
        report = await engine.move_families(names, to, reason, split)
        return Answer(report, lambda out: show.split(out, report))

    return run(common, work)


@split.command(name="check")
def check_split(
    split_id: str = "latest",
    /,
    *,
    heldout: _Names = (),
    behaviour: _Flag = False,
    common: Common = Common(),
) -> int:
    """Look for leaks afresh and print a certificate; exit code 3 when there is one.

    Parameters
    ----------
    split_id
        Id or its beginning.
    heldout
        A suite that nobody trains on, to be compared with the split.
    behaviour
        Run the cases of each task on the references of the others, too; takes a while.
    """

    async def work(engine: Engine) -> Answer:
        found = await engine.check_split(split_id, heldout, with_behaviour=behaviour)
        code = 0 if found.is_clean else _REFUSED
        return Answer(found, lambda out: show.certificate(out, found), code)

    return run(common, work)


@split.command(name="relatives")
def list_relatives(
    *suites: str,
    split: str = "latest",
    only: Standing | None = None,
    behaviour: _Flag = False,
    common: Common = Common(),
) -> int:
    """List related tasks with the evidence, leaks and open questions first.

    Parameters
    ----------
    suites
        Suites to compare [default: all that are checked].
    split
        The split that says which side a task is on.
    only
        certain, open, yes or no.
    behaviour
        Run the cases of each task on the references of the others, too; takes a while.
    """

    async def work(engine: Engine) -> Answer:
        found = await engine.compare_tasks(suites, split, with_behaviour=behaviour)
        rows = [row for row in found.rows if only is None or row.standing is only]
        return Answer(rows, lambda out: show.relations(out, found, rows))

    return run(common, work)


@split.command(name="answer")
def answer(
    one: str, other: str, said: Said, /, *, reason: str = "", common: Common = Common()
) -> int:
    """Say whether two tasks are one; kept for their programs, undoable for ever.

    Parameters
    ----------
    one
        A task.
    other
        The task that it may be related to.
    said
        yes or no.
    reason
        Why; stored with the answer.
    """

    async def work(engine: Engine) -> Answer:
        given = await engine.answer_relation(one, other, said, reason)
        return Answer(given, lambda out: show.answered(out, given))

    return run(common, work)


@split.command(name="undo")
def undo(*, common: Common = Common()) -> int:
    """Take back the newest yes or no."""

    async def work(engine: Engine) -> Answer:
        given = await engine.undo_answer()
        return Answer(given, lambda out: show.answered(out, given))

    return run(common, work)


@split.command(name="answers")
def list_answers(*, common: Common = Common()) -> int:
    """List every yes and no that stands."""

    async def work(engine: Engine) -> Answer:
        rows = await engine.list_answers()
        return Answer(rows, lambda out: show.answers(out, rows))

    return run(common, work)
