"""The training screen with jobs at Together: the real app over a loopback of the service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.core.together.tune_jobs import TuneJob
from tests.core.training.remote.shop import bought, engine_on, shop, wish
from tests.tui.grid import app_on, grid, until, until_shown
from tests.tui.hosting import hosted
from tui.app import GemelApp

SIZE = (120, 40)
HOSTILE = "[/foo][@click=app.quit]\x1b[2J\x9b31m owned"


def hostile(job: TuneJob) -> Iterator[None]:
    """Everything that the service may name holds markup and control bytes."""
    job.tell(HOSTILE, HOSTILE, "warning")
    job.be(HOSTILE)
    yield
    trained = job.train()
    job.run_to(trained, 1.0)
    job.metrics[-1] = {**job.metrics[-1], f"eval/{HOSTILE}": 1.5}
    kept = dict.fromkeys(("checkpoint_type", "path", "created_at"), HOSTILE)
    job.checkpoints.append({**kept, "checkpoint": "adapter", "step": 3})
    job.finish(job, trained.theta)
    job.end("completed", share=1.0)
    yield


def _obeyed(app: GemelApp) -> list[str]:
    """What of the screen a terminal would obey."""
    return [
        sign for sign in grid(app) if (ord(sign) < 32 and sign != "\n") or 127 <= ord(sign) < 160
    ]


async def _priced(app: GemelApp, **options: object) -> str:
    """A job that was begun by somebody else, is looked at often, and waits for its amount."""
    assert app.link.engine is not None
    view = await app.link.engine.start_job(wish(**options))
    return view.job.job_id


async def test_a_job_is_priced_by_the_form_and_bought_only_with_a_yes_to_its_amount(
    workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_on(workspace_with_pairs)
    async with (
        shop(monkeypatch) as there,
        hosted(workspace_with_pairs),
        app.run_test(size=(80, 24)) as pilot,
    ):
        await pilot.press("5")
        await until_shown(pilot, "no job yet")
        await pilot.press("S", "right")
        shown = await until_shown(pilot, "new job, together", " steps  est. $")
        assert "auto: 8" in shown, shown
        await pilot.press("S")
        await until_shown(pilot, "Upload 23 rows to Together", "est. $4.00? Nothing")
        await pilot.press("y")
        await until_shown(pilot, "the service estimates est. $", "now, est. $4.00 at most?")
        assert not there.tunes.jobs
        await pilot.press("n")
        await until_shown(pilot, "train: not done", "· waiting")
        await pilot.press("X")
        await until_shown(pilot, "Nothing was bought yet.")
        await pilot.press("n")
        await pilot.press("R")
        await until_shown(pilot, "at most?")
        await pilot.press("y")
        await until(pilot, lambda: len(there.tunes.jobs) == 1)
        await until_shown(pilot, "runs as ft-")
        # What it cost is known with the first look at it, and says the row before the question.
        await until(pilot, lambda: bool(re.search(r"together dpo .*est\. \$0\.00", grid(app))))
        await pilot.press("X")
        await until_shown(pilot, "est. $0.00 spent so far, which")
        await pilot.press("y")
        (job,) = there.tunes.jobs.values()
        await until(pilot, lambda: job.status in ("cancel_requested", "cancelled"))


async def test_a_job_is_followed_to_its_checkpoints_and_compared(
    workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_on(workspace_with_pairs)
    async with (
        shop(monkeypatch),
        hosted(workspace_with_pairs),
        app.run_test(size=SIZE) as pilot,
    ):
        await pilot.press("5")
        await until_shown(pilot, "no job yet")
        first = await _priced(app)
        await until_shown(pilot, first, "· waiting")
        await pilot.press("R")
        await until_shown(pilot, "at most?")
        await pilot.press("y")
        await until_shown(pilot, "✓ finished", "b eval loss", "accuracy")
        second = await _priced(app, n_epochs=1, learning_rate=2e-5)
        await until_shown(pilot, second)
        await pilot.press("space", "j", "c")
        await until_shown(pilot, "settings differ", "n epochs", "learning rate", "2e-05", "1e-05")
        await pilot.press("q", "C")
        await until_shown(pilot, f"Checkpoints of {first}", "eval loss")
        await pilot.press("enter")
        await until_shown(pilot, "new job, together", "from job", f"{first}:")


async def test_a_job_that_was_started_elsewhere_is_followed_by_its_id(
    workspace_with_pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_on(tmp_path / "other")
    async with shop(monkeypatch):
        async with engine_on(workspace_with_pairs) as engine:
            view = await bought(engine)
        assert view.remote is not None
        async with hosted(tmp_path / "other"), app.run_test(size=SIZE) as pilot:
            await pilot.press("5")
            await until_shown(pilot, "no job yet")
            await pilot.press("A", *"nonsense", "enter")
            await until_shown(pilot, "a job of Together begins with ft-")
            app.screen.query_one(Input).value = view.remote.remote_id
            await pilot.press("enter")
            shown = await until_shown(pilot, f"follows {view.remote.remote_id}", "took over ft-")
            assert "dpo from together:Qwen/Qwen3.5-9B: epochs 3" in shown


async def test_what_the_service_says_is_shown_as_text_and_obeyed_nowhere(
    workspace_with_pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_on(workspace_with_pairs)
    async with (
        shop(monkeypatch) as there,
        hosted(workspace_with_pairs),
        app.run_test(size=SIZE) as pilot,
    ):
        there.tunes.courses.append(hostile)
        await pilot.press("5")
        await until_shown(pilot, "no job yet")
        first = await _priced(app)
        await until_shown(pilot, first, "· waiting")
        await pilot.press("R")
        await until_shown(pilot, "at most?")
        await pilot.press("y")
        await until_shown(pilot, "✓ finished", "[/foo]", "owned")
        assert not _obeyed(app)
        await pilot.press("m", "enter")
        await until_shown(pilot, "what it was trained on")
        assert not _obeyed(app)
        await pilot.press("q", "C")
        await until_shown(pilot, f"Checkpoints of {first}", "[/foo]")
        assert not _obeyed(app)
        await pilot.press("escape")
        await _priced(app, n_epochs=1)
        await until_shown(pilot, "1/2")
        await pilot.press("space", "j", "c")
        await until_shown(pilot, "settings differ")
        assert not _obeyed(app)
