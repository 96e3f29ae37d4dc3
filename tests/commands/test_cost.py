"""`gemel cost`: what it prints, what it saves, and its exit codes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from core.store.spending import ReservationRow
from tests.commands.gemel import Outcome, gemel
from tests.tui.rows import PIPELINE, at, store_rows
from tests.tui.run_store import RUN, run_parts
from tui.cli import start

Cost = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def _no_prices_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def cost(capsys: pytest.CaptureFixture[str]) -> Cost:
    """Runs `gemel cost` in this process: no engine, so nothing of it stays behind."""

    def run(workspace: Path, *words: str) -> Outcome:
        code = start(["cost", *words, "--workspace", str(workspace)])
        return Outcome(code, *capsys.readouterr())

    return run


def test_scenarios_are_priced_side_by_side_without_a_workspace(tmp_path: Path) -> None:
    here = tmp_path / "none"
    answer = gemel(here, "cost", "whatif", "--json").json
    seed, student = answer["forecasts"]
    assert seed["bill"]["total"]["mean_microusd"] == 650_685_188
    assert [part["name"] for part in seed["bill"]["parts"]][:3] == [
        "rollouts",
        "retries",
        "training",
    ]
    (difference,) = answer["differences"]
    total = student["bill"]["total"]["mean_microusd"] - 650_685_188
    assert difference["total_microusd"] == total < 0
    assert not here.exists()


def test_people_see_intervals_differences_and_warnings(cost: Cost, tmp_path: Path) -> None:
    shown = cost(tmp_path / "none", "whatif").out
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert "rollouts $314.96 $629.93 $1,259.86" in lines
    assert "total $650.69 $107.42 (-$543.26)" in lines
    assert any(line.startswith("! W-PAIRS 504 usable pairs expected") for line in lines)


def test_a_changed_scenario_stands_beside_its_base_and_can_be_saved(
    cost: Cost, tmp_path: Path
) -> None:
    here = tmp_path / "workspace"
    words = ("whatif", "--scenario", "pilot", "--set", "iterations=5")
    shorter = cost(here, *words, "--set", "budget=3usd", "--save", "short", "--json").json
    assert [each["scenario"]["name"] for each in shorter["forecasts"]] == ["pilot", "short"]
    (difference,) = shorter["differences"]
    assert {each["name"]: each["here"] for each in difference["inputs"]} == {
        "iterations": 5.0,
        "budget": 3_000_000,
    }
    (again,) = cost(here, "whatif", "--scenario", "short", "--json").json["forecasts"]
    assert again["bill"] == shorter["forecasts"][1]["bill"]
    kept = cost(here, *words, "--save", "short")
    assert (kept.code, kept.out) == (3, "")
    assert cost(here, *words, "--save", "short", "--replace").code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("--set", "iterations=5", "budget=3"),
        ("--set", "iterations=5", "--set", "budget=3usd"),
        ("--set", "iterations=5", "budget=3", "--scenario", "pilot"),
    ],
)
def test_several_values_follow_one_set_or_each_its_own_and_money_is_in_dollars(
    cost: Cost, tmp_path: Path, words: tuple[str, ...]
) -> None:
    answer = cost(tmp_path, "whatif", "--scenario", "pilot", *words, "--json").json
    changed = answer["forecasts"][-1]["scenario"]
    assert (changed["iterations"], changed["budget"]) == (5.0, 3_000_000)


def test_inputs_are_listed_with_value_unit_and_source(cost: Cost, tmp_path: Path) -> None:
    rows = {row["name"]: row for row in cost(tmp_path, "inputs", "--json").json}
    assert rows["prompt_tokens"]["value"] == 1400
    assert rows["prompt_tokens"]["about"]["unit"] == "tokens"
    assert rows["n_tasks"]["source"] == "set in student-as-generator"
    listed = cost(tmp_path, "inputs", "seed-plan").out
    assert "$1.20" in next(line for line in listed.splitlines() if line.startswith("prompt_price"))


def test_prices_are_listed_with_date_and_source_and_the_users_own(
    cost: Cost, tmp_path: Path
) -> None:
    (tmp_path / "prices.toml").write_text(
        '[[chat]]\nmodel = "my/model"\nprompt = 1\ncompletion = 2\n'
        'as_of = 2026-11-01\nsource = "my bill"\n'
    )
    book = cost(tmp_path, "prices", "--json").json
    mine = next(row for row in book["chat"] if row["model"] == "my/model")
    assert (mine["as_of"], mine["source"]) == ("2026-11-01", "my bill")
    shown = cost(tmp_path, "prices").out
    assert "my/model" in shown
    assert "gone for chat, use zai-org/GLM-5.3-Flash" in shown
    priced = cost(tmp_path, "whatif", "--set", "generator=my/model", "--json")
    assert priced.json["forecasts"][-1]["prices"][0]["source"] == "my bill"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--scenario", "sed-plan"), 2, "Close: seed-plan"),
        (("--set", "n_task=3"), 2, "Close: n_tasks"),
        (("--set", "n_tasks=0"), 2, "from 1 to 1,000,000"),
        (("--set", "n_tasks"), 2, "name=value"),
        (("--set", "iterations=30"), 2, "above its limit"),
        (("--save", "Up/there"), 2, "no name for a scenario"),
        (("--save", "pilot"), 2, "shipped scenario"),
        (("--set", "generator=gpt-9"), 3, "price of gpt-9 is unknown"),
        (("--set", "hardware=abacus"), 3, "[[hardware]]"),
    ],
)
def test_bad_input_gets_one_message_and_its_exit_code(
    cost: Cost, tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    outcome = cost(tmp_path, "whatif", *words)
    assert outcome.code == code, outcome.err
    assert said in " ".join(outcome.err.split())
    assert "Traceback" not in outcome.err
    assert outcome.out == ""
    assert not (tmp_path / "scenarios").exists()


def test_a_price_file_that_cannot_be_used_is_named(cost: Cost, tmp_path: Path) -> None:
    (tmp_path / "prices.toml").write_text("[[chat]]\nmodle = 3\n")
    outcome = cost(tmp_path, "prices")
    assert outcome.code == 2
    assert "modle" in outcome.err
    assert "prices.toml" in outcome.err


def test_a_saved_scenario_can_be_removed_and_a_shipped_one_cannot(
    cost: Cost, tmp_path: Path
) -> None:
    assert cost(tmp_path, "whatif", "--scenario", "pilot", "--save", "mine").code == 0
    assert cost(tmp_path, "remove", "mine").code == 0
    assert not list((tmp_path / "scenarios").iterdir())
    assert cost(tmp_path, "remove", "mine").code == 2
    assert cost(tmp_path, "remove", "pilot").code == 3


def test_the_ledger_and_a_graded_forecast_speak_of_the_stored_calls(tmp_path: Path) -> None:
    asyncio.run(store_rows(tmp_path, *PIPELINE[:4]))
    (line,) = gemel(tmp_path, "cost", "ledger", "--by", "stage", "--json").json
    assert (line["key"], line["n_calls"], line["cost_microusd"]) == ("rollouts", 4, 5_000_000)
    graded = gemel(tmp_path, "cost", "forecast", "--scenario", "pilot", "--json").json
    assert (graded["run_id"], graded["n_rollouts"]) == ("run-3", 4)
    assert {figure["name"] for figure in graded["figures"]} >= {"calls", "prompt", "cost"}
    assert graded["ledger_microusd"] == graded["measured_microusd"] == 5_000_000


def test_a_scenario_is_measured_on_a_run_and_forecasts_are_graded(workspace: Path) -> None:
    run = ("rollouts", "run", "--tasks", "9", "--seeds", "1", "--iterations", "3")
    assert gemel(workspace, *run).code == 0
    words = ("cost", "whatif", "--scenario", "pilot", "--from-run", "latest", "--set", "n_tasks=50")
    answer = gemel(workspace, *words, "--json").json
    measured = answer["forecasts"][-1]["scenario"]
    assert (measured["n_pilot_tasks"], measured["n_tasks"]) == (9, 50)
    assert 1.0 <= measured["iterations"] <= 3.0
    shown = gemel(workspace, *words).out
    assert "90 % t interval over the means of the tasks" in shown
    (past,) = gemel(workspace, "cost", "forecast", "--history", "--json").json
    calls = next(figure for figure in past["figures"] if figure["figure"] == "calls")
    assert (past["status"], calls["is_inside"]) == ("finished", True)
    assert calls["error"] == pytest.approx(calls["actual"] / calls["mean"] - 1.0)
    assert "inside" in gemel(workspace, "cost", "forecast", "--history").out
    by_task = gemel(workspace, "cost", "ledger", "--by", "task", "--json").json
    assert len(by_task) == 9
    assert gemel(workspace, "cost", "charges", "--json").json == []
    again = gemel(workspace, "rollouts", "regrade", "--json").json
    assert (again["n_rollouts"], again["changes"]) == (9, [])
    refused = gemel(workspace, "rollouts", "drain")
    assert (refused.code, "No run is going on" in refused.err) == (2, True)
    unknown = gemel(workspace, "rollouts", "requeue", "nonsense")
    assert (unknown.code, "No single rollout" in unknown.err) == (2, True)


def test_lost_calls_are_released_only_when_somebody_agrees(tmp_path: Path) -> None:
    lost = ReservationRow("lost", RUN, 600_000, at(4))
    asyncio.run(store_rows(tmp_path, run_parts(), {"reservations": [lost]}))
    (listed,) = gemel(tmp_path, "rollouts", "list", "--json").json
    assert listed["unseen_microusd"] == 600_000
    assert "spent, at most $0.60 more" in gemel(tmp_path, "rollouts", "show", RUN).out
    asked = gemel(tmp_path, "cost", "release", RUN)
    assert (asked.code, "Release up to $0.60" in asked.err) == (3, True)
    released = gemel(tmp_path, "cost", "release", RUN, "--yes", "--json").json
    assert (released["released_microusd"], released["now"]["unseen"]) == (600_000, 0)
