"""Today's prices in the user's own file: dated, sourced, and nothing else touched."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from core.costs.book import load_book
from core.costs.refresh import refresh
from core.together.catalogue import SERVERLESS, Catalogue, Machine, OfferedModel

_TODAY = date(2026, 11, 26)
_MINE = '# my notes\n\n[[chat]]\nmodel = "a/b"\nprompt = 1\ncompletion = 2\n'
_MINE += 'as_of = 2026-01-01\nsource = "a bill"\n\n# about c\n'
_MINE += '[[chat]]\nmodel = "c/d"\nprompt = 3\ncompletion = 4\nas_of = 2026-01-01\nsource = "x"\n'


def _catalogue(prompt: int | None = 500_000) -> Catalogue:
    model = OfferedModel(
        "a/b", "SUPPORTED", (SERVERLESS,), None, (), prompt, 900_000, 50_000, "", ()
    )
    machines = [
        Machine("1xnvidia-h100-80gb", "H100-80GB", 1, 5_490_000, ()),
        Machine("2xnvidia-h100-80gb", "H100-80GB", 2, 7_980_000, ()),
    ]
    return Catalogue({"a/b": model}, frozenset(), {machine.name: machine for machine in machines})


def test_what_differs_is_written_with_its_date_and_the_rest_of_the_file_stays(
    tmp_path: Path,
) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(_MINE)
    found = refresh(_catalogue(), ["a/b", "c/d"], _TODAY, tmp_path)
    assert [(price.name, price.before) for price in found.prices] == [
        ("a/b", {"prompt": 1, "completion": 2}),
        ("H100-80GB", {"per_hour": 3_990_000}),
    ]
    book = load_book(config=tmp_path)
    row = book.chat["a/b"]
    assert (row.prompt, row.completion, row.cached, row.as_of) == (500_000, 900_000, 50_000, _TODAY)
    assert book.chat["c/d"].prompt == 3
    assert book.hardware["H100-80GB"].per_hour == 5_490_000
    assert file.read_text().startswith("# my notes")
    written = file.read_text()
    assert refresh(_catalogue(), ["a/b"], _TODAY, tmp_path).prices == ()
    assert file.read_text() == written


def test_a_model_without_a_price_is_not_written_as_free(tmp_path: Path) -> None:
    found = refresh(_catalogue(prompt=None), ["a/b"], _TODAY, tmp_path)
    assert [price.table for price in found.prices] == ["hardware"]
    assert "a/b" not in load_book(config=tmp_path).chat
