"""The form of an evaluation: values that no arm can have are refused in it."""

from __future__ import annotations

import pytest

from core.errors import UsageError
from core.selection import Selection
from tui.screens.evaluation_form import fields, read_evaluation
from tui.screens.run_form import FIELDS, read_run


@pytest.mark.parametrize("temperature", ["nan", "inf", "-1", "3"])
def test_a_temperature_that_no_service_takes_is_refused(temperature: str) -> None:
    values = {field.name: field.value for field in fields("builtin:theta", "builtin")}
    assert read_evaluation(values).options.decoding.temperature == 1.0
    with pytest.raises(UsageError, match="temperature"):
        read_evaluation(values | {"temperature": temperature})


@pytest.mark.parametrize(
    ("said", "n_tasks", "globs"),
    [
        ("", None, ()),
        ("8", 8, ()),
        ("sort_*", None, ("sort_*",)),
        ("kata/sum, max*", None, ("kata/sum", "max*")),
        ("8 9", None, ("8", "9")),
    ],
)
def test_tasks_are_so_many_or_those_of_some_names(
    said: str, n_tasks: int | None, globs: tuple[str, ...]
) -> None:
    values = {field.name: field.value for field in fields("builtin:theta", "builtin")}
    options = read_evaluation(values | {"tasks": said}).options
    assert (options.n_tasks, options.selection) == (n_tasks, Selection(globs=globs))
    values = {field.name: field.value for field in FIELDS}
    run = read_run(values | {"tasks": said}, {"train": 9}).options
    assert (run.n_tasks, run.selection) == (n_tasks, Selection(globs=globs))


@pytest.mark.parametrize("said", ["0", "-3"])
def test_no_tasks_are_refused(said: str) -> None:
    values = {field.name: field.value for field in FIELDS}
    with pytest.raises(UsageError, match="at least 1"):
        read_run(values | {"tasks": said}, {"train": 9})
