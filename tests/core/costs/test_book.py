"""The price book: dated rows, the user's files over the shipped ones, and refusals that help."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.costs.book import PriceBook, Use, load_book
from core.costs.prices import FREE, chat_price
from core.costs.rates import find_rates
from core.errors import RefusedError, UsageError
from tests.core.costs.made import CALM, NOWHERE, shipped_book

_ROW = """
[[{table}]]
{key}
as_of = 2026-11-01
source = "a bill"
"""


def _chat(model: str, prompt: int = 5) -> str:
    return _ROW.format(table="chat", key=f'model = "{model}"\nprompt = {prompt}\ncompletion = 7')


def _book(folder: Path, text: str) -> PriceBook:
    (folder / "prices.toml").write_text(text, "utf-8")
    return load_book(folder, config=NOWHERE)


def test_every_shipped_price_is_dated_and_sourced() -> None:
    book = shipped_book()
    stamps = [
        *((row.source, row.as_of) for row in book.chat.values()),
        *((row.source, row.as_of) for row in book.training.values()),
        *((row.source, row.as_of) for row in book.hardware.values()),
        *((row.source, row.since) for row in book.retired.values()),
    ]
    assert len(stamps) >= 16
    assert all(source and day.year == 2026 for source, day in stamps)
    chat = book.chat_row("Qwen/Qwen3.5-9B")
    assert (chat.prompt, chat.completion) == (170_000, 250_000)
    dpo = book.training_row("Qwen/Qwen3.5-9B", "dpo")
    assert (dpo.per_million, dpo.minimum) == (840_000, 4_000_000)
    assert book.hardware_row("H100-80GB").per_hour == 3_990_000


def test_a_retired_model_is_priced_by_nothing_and_its_replacement_is() -> None:
    book = shipped_book()
    for (use, model), gone in book.retired.items():
        assert model not in book.chat or use is not Use.CHAT
        if use is Use.CHAT:
            assert book.chat_row(gone.replacement).model == gone.replacement
        else:
            assert book.training_row(gone.replacement, "dpo")


def test_a_retired_model_is_refused_by_naming_its_replacement() -> None:
    with pytest.raises(RefusedError, match=r"retired on 2026-02-06; use zai-org/GLM-5\.3-Flash"):
        shipped_book().chat_row("Qwen/Qwen2.5-72B-Instruct-Turbo")


def test_an_unknown_price_is_refused_by_naming_the_row_and_the_file(tmp_path: Path) -> None:
    book = load_book(tmp_path, config=NOWHERE)
    lookups: dict[str, Callable[[], object]] = {
        "[[chat]]": lambda: book.chat_row("vendor/model"),
        "[[training]]": lambda: book.training_row("vendor/model", "dpo"),
        "[[hardware]]": lambda: book.hardware_row("abacus"),
    }
    for table, look_up in lookups.items():
        with pytest.raises(RefusedError) as refused:
            look_up()
        assert table in str(refused.value)
        assert str(tmp_path / "prices.toml") in str(refused.value)


def test_the_row_that_a_refusal_asks_for_is_enough(tmp_path: Path) -> None:
    row = _book(tmp_path, _chat("vendor/model")).chat_row("vendor/model")
    assert (row.prompt, row.completion, row.cached) == (5, 7, None)


def test_the_workspace_wins_over_the_config_and_that_over_the_shipped(tmp_path: Path) -> None:
    config, workspace = tmp_path / "config", tmp_path / "workspace"
    for folder, prompt in ((config, 11), (workspace, 22)):
        folder.mkdir()
        text = _chat("Qwen/Qwen3.5-9B", prompt) + _chat(f"only/{folder.name}")
        (folder / "prices.toml").write_text(text, "utf-8")
    assert load_book(None, config).chat_row("Qwen/Qwen3.5-9B").prompt == 11
    both = load_book(workspace, config)
    assert both.chat_row("Qwen/Qwen3.5-9B").prompt == 22
    assert both.chat_row("only/config").prompt == both.chat_row("only/workspace").prompt == 5
    assert both.hardware_row("H100-80GB").per_hour == 3_990_000


def test_a_users_price_brings_a_retired_model_back(tmp_path: Path) -> None:
    model = "Qwen/Qwen2.5-72B-Instruct-Turbo"
    book = _book(tmp_path, _chat(model))
    assert book.chat_row(model).prompt == 5
    assert book.retired_row(Use.CHAT, model) is None


def test_a_user_can_retire_a_model(tmp_path: Path) -> None:
    gone = 'model = "Qwen/Qwen3.5-9B"\nuse = "{use}"\nreplacement = "x/y"\nsince = 2026-11-02\n'
    text = "".join(
        f'[[retired]]\n{gone.format(use=use)}source = "a notice"\n' for use in ("chat", "training")
    )
    book = _book(tmp_path, text)
    with pytest.raises(RefusedError, match="x/y"):
        book.chat_row("Qwen/Qwen3.5-9B")
    with pytest.raises(RefusedError, match="x/y"):
        book.training_row("Qwen/Qwen3.5-9B", "dpo")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[chat]", "Expected"),
        ("[[chats]]\n", "unknown table: chats"),
        (_chat("a/b").replace("prompt", "promt"), "unknown key in [[chat]]: promt"),
        (_chat("a/b", -1), ">= 0"),
        (_chat("a/b").replace("completion = 7", ""), "completion"),
        (_chat("a/b").replace("as_of = 2026-11-01", ""), "as_of"),
        ("chat = 3\n", "array"),
    ],
)
def test_a_price_file_that_cannot_be_used_is_named_with_its_fault(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(UsageError) as refused:
        _book(tmp_path, text)
    assert said in str(refused.value)
    assert "prices.toml" in str(refused.value)


def test_a_price_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "prices.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"prices\.toml cannot be read"):
        load_book(tmp_path, config=NOWHERE)


def test_a_policy_is_priced_by_its_model_whoever_names_the_provider() -> None:
    book = shipped_book()
    assert chat_price("builtin", book) == chat_price("builtin:0123", book) == FREE
    plain = chat_price("Qwen/Qwen3.5-9B", book)
    assert plain == chat_price("together:Qwen/Qwen3.5-9B", book)
    assert (plain.prompt, plain.completion, plain.cached) == (170_000, 250_000, 170_000)
    assert plain.as_of == "2026-10-19"
    assert plain.source
    assert chat_price("zai-org/GLM-5.3-Flash", book).cached == 30_000
    with pytest.raises(RefusedError, match="unknown"):
        chat_price("openai:Qwen/Qwen3.5-9B", book)


def test_what_a_scenario_names_wins_over_the_book_and_its_cache_has_no_foreign_discount() -> None:
    cheap = CALM.__class__(generator="zai-org/GLM-5.3-Flash", prompt_price=1_000)
    rates = find_rates(cheap, shipped_book())
    assert (rates.prompt, rates.completion, rates.cached) == (1_000, 500_000, 1_000)
    book_only = CALM.__class__(generator="zai-org/GLM-5.3-Flash", n_accelerators=2)
    rates = find_rates(book_only, shipped_book())
    assert (rates.prompt, rates.cached, rates.hour) == (150_000, 30_000, 7_980_000)
