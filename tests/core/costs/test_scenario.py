"""Scenarios: documented and checked inputs, and files that keep every one of them."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from core.costs.contrast import PairRule
from core.costs.inputs import Kind
from core.costs.library import load_scenario, save_scenario, scenario_names
from core.costs.scenario import Scenario, inputs, with_values
from core.errors import RefusedError, UsageError
from tests.core.costs.made import CALM


def test_every_field_but_the_name_is_an_input_with_unit_meaning_and_source() -> None:
    named = {field.name for field in fields(Scenario)} - {"name", "says"}
    assert set(inputs()) == named
    for about in inputs().values():
        assert about.unit
        assert about.says
        assert about.source
        assert about.low < about.high or about.kind is Kind.CHOICE


@pytest.mark.parametrize("name", inputs())
def test_a_value_out_of_range_or_of_another_kind_is_refused_by_name(name: str) -> None:
    about = inputs()[name]
    bad: list[object] = [float("nan"), [], "x" * 1000]
    if about.kind in (Kind.WHOLE, Kind.NUMBER, Kind.BOOK):
        kind = float if about.kind is Kind.NUMBER else int
        bad += [kind(about.low) - kind(1), kind(about.high) + kind(1), True]
    for value in bad:
        with pytest.raises(UsageError, match=f"^{name} = "):
            with_values(CALM, {name: value})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("n_tasks", "1_200", 1200),
        ("n_tasks", "1,200", 1200),
        ("iterations", "5", 5.0),
        ("learning_rate", "2e-5", 2e-5),
        ("packing", "true", True),
        ("packing", "False", False),
        ("prompt_price", "1.20usd", 1_200_000),
        ("prompt_price", "$0.17", 170_000),
        ("prompt_price", "3", 3_000_000),
        ("prompt_price", "0.17", 170_000),
        ("prompt_price", "170000microusd", 170_000),
        ("budget", "1,250", 1_250_000_000),
        ("prompt_price", "book", None),
        ("budget", "300 usd", 300_000_000),
        ("pair_rule", "all", PairRule.ALL),
        ("generator", " a/b ", "a/b"),
    ],
)
def test_a_value_is_read_as_people_write_it(name: str, text: str, value: object) -> None:
    read = getattr(with_values(CALM, {name: text}), name)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("prompt_price", "170000", "dollars per million tokens from $0.00 to $1,000.00"),
        ("prompt_price", "cheap", "micro-dollars as 170000microusd, or book for the price"),
        ("n_tasks", "many", "whole number"),
        ("n_tasks", "2.5", "whole number"),
        ("iterations", "inf", "from 1 to 1,000"),
        ("packing", "maybe", "true or false"),
        ("pair_rule", "worst", "best-vs-fails, best-vs-rest, all"),
        ("generator", "", "1 to 200 characters"),
        ("n_task", "3", "Close: n_tasks"),
        ("zzz", "3", "Known: "),
        ("name", "x", "no input 'name'"),
    ],
)
def test_a_bad_value_or_name_is_refused_with_what_is_wanted(
    name: str, text: str, said: str
) -> None:
    with pytest.raises(UsageError) as refused:
        with_values(CALM, {name: text})
    assert said in str(refused.value)


def test_inputs_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(UsageError, match="above its limit"):
        replace(CALM, iterations=21.0)
    with pytest.raises(UsageError, match="above its limit"):
        replace(CALM, reflections=4.0)
    with pytest.raises(UsageError, match="at most 90"):
        replace(CALM, iterations_variance=91.0)
    with pytest.raises(UsageError, match=r"at most 0\.297"):
        replace(CALM, pass_rate=0.1, pass_rate_sd=0.3)
    assert replace(CALM, iterations_variance=90.0).iterations_variance == 90.0


def test_three_scenarios_are_shipped_and_say_what_they_are() -> None:
    assert scenario_names() == ("pilot", "seed-plan", "student-as-generator")
    for name in scenario_names():
        scenario = load_scenario(name)
        assert scenario.name == name
        assert scenario.says.endswith(".")
    assert load_scenario("seed-plan").n_rollouts == 12_000


@pytest.mark.parametrize("base", [CALM, load_scenario("seed-plan")])
def test_a_saved_scenario_comes_back_whole(tmp_path: Path, base: Scenario) -> None:
    saved = replace(base, name="mine.2", says='a "quoted" \\ word', learning_rate=1e-7)
    saved = replace(saved, packing=True, pair_rule=PairRule.ALL)
    path = save_scenario(saved, tmp_path / "new")
    assert path == tmp_path / "new" / "scenarios" / "mine.2.toml"
    assert load_scenario("mine.2", tmp_path / "new") == saved
    assert scenario_names(tmp_path / "new")[-1] == "mine.2"
    assert [entry.name for entry in path.parent.iterdir()] == ["mine.2.toml"]


def test_a_saved_scenario_is_kept_unless_its_replacement_is_meant(tmp_path: Path) -> None:
    save_scenario(replace(CALM, name="mine"), tmp_path)
    other = replace(CALM, name="mine", n_tasks=7)
    with pytest.raises(RefusedError, match="was kept"):
        save_scenario(other, tmp_path)
    assert load_scenario("mine", tmp_path).n_tasks == CALM.n_tasks
    save_scenario(other, tmp_path, replaces=True)
    assert load_scenario("mine", tmp_path).n_tasks == 7


@pytest.mark.parametrize("name", ["", "../up", "a/b", "UPPER", ".hidden", "x" * 65, "a\n"])
def test_a_name_that_is_no_plain_file_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no name for a scenario"):
        save_scenario(replace(CALM, name=name), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_shipped_name_cannot_be_taken(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="shipped"):
        save_scenario(replace(CALM, name="pilot"), tmp_path, replaces=True)
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "pilot.toml").write_text("n_tasks = 1\n")
    assert scenario_names(tmp_path).count("pilot") == 1
    assert load_scenario("pilot", tmp_path).n_tasks == 20


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"n_tasks = ", "Invalid"),
        (b"n_taks = 3", "Close: n_tasks"),
        (b"n_tasks = 0", "from 1 to"),
        (b"n_tasks = true", "whole number"),
        (b"iterations = nan", "number"),
        (b"\xff", "utf-8"),
        (b"[n_tasks]\na = 1", "n_tasks"),
    ],
)
def test_a_scenario_file_that_cannot_be_used_is_named(
    tmp_path: Path, body: bytes, said: str
) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "mine.toml").write_bytes(body)
    with pytest.raises(UsageError) as refused:
        load_scenario("mine", tmp_path)
    assert said in str(refused.value)
    assert "mine.toml" in str(refused.value)


def test_an_unknown_scenario_is_refused_with_close_names(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Close: seed-plan"):
        load_scenario("sed-plan", tmp_path)


def test_control_bytes_of_a_file_never_reach_a_screen(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    text = 'says = "a \\u001b[31mred\\nflag"\n'
    (tmp_path / "scenarios" / "mine.toml").write_text(text)
    assert load_scenario("mine", tmp_path).says == "a ␛[31mred flag"
