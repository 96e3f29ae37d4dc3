"""The form of an evaluation: values that no arm can have are refused in it."""

from __future__ import annotations

import pytest

from core.errors import UsageError
from tui.screens.evaluation_form import fields, read_evaluation


@pytest.mark.parametrize("temperature", ["nan", "inf", "-1", "3"])
def test_a_temperature_that_no_service_takes_is_refused(temperature: str) -> None:
    values = {field.name: field.value for field in fields("builtin:theta", "builtin")}
    assert read_evaluation(values).options.decoding.temperature == 1.0
    with pytest.raises(UsageError, match="temperature"):
        read_evaluation(values | {"temperature": temperature})
