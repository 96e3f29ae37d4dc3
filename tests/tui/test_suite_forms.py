"""The form of an import offers what the engine can import."""

from __future__ import annotations

from core.suites.importers import IMPORTERS
from tui.screens import suite_forms


def test_the_form_offers_every_importer_and_no_other() -> None:
    assert tuple(IMPORTERS) == suite_forms.IMPORTERS
