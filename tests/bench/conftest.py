"""Every bench prints its figures, also when one of them is too large."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.bench.figures import Figures


@pytest.fixture
def figures(
    request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> Iterator[Figures]:
    found = Figures(str(request.node.name))
    yield found
    with capsys.disabled():
        sys.stdout.write(found.table())
