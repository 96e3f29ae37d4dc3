"""Before a job is paid for: its steps, its price, what the model allows, what is worth knowing."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from core.costs.book import PriceBook, TrainingRow
from core.errors import RefusedError, UsageError
from core.together.message_rules import Kind
from core.together.tuning_records import ModelLimits
from core.training.remote import operations as remote
from core.training.remote import refusals
from core.training.remote.given import RemoteGiven, divide
from core.training.remote.settings import JobWish, Pace
from core.training.remote.sizing import (
    BookPrice,
    JobSizes,
    Origin,
    book_price,
    room_of,
    settle,
    sizes_of,
)
from core.training.remote.warnings import Facts, find_warnings
from tests.core.pairs.made import opened
from tests.core.together.fine_tunes import MODEL
from tests.core.training.remote.made import given, row
from tests.core.training.remote.shop import shop, wish

ORIGIN = Origin(MODEL, f"together:{MODEL}")
LIMITS = ModelLimits(
    MODEL,
    default_rank=64,
    max_rank=64,
    min_batch_size=8,
    max_batch_size=8,
    max_batch_size_dpo=8,
    min_learning_rate=1e-9,
    max_learning_rate=0.1,
    max_epochs=20,
    max_evals=100,
    max_checkpoints=10,
    max_tokens_sft=65536,
    max_tokens_dpo=49152,
    min_tokens=4096,
)
BOOK = PriceBook(
    "prices.toml",
    training={
        (MODEL, "dpo"): TrainingRow(MODEL, "dpo", 840_000, date(2026, 9, 11), "blog", 4_000_000)
    },
)


def facts(rows: RemoteGiven, asked: JobWish) -> Facts:
    contents = divide(
        rows,
        asked.validation_share,
        asked.seed,
        room_of(asked, LIMITS),
        skips_bad=asked.skips_bad,
    )
    settings = settle(asked, ORIGIN, contents, LIMITS, "suffix")
    sizes = sizes_of(settings, contents)
    return Facts(rows, contents, settings, sizes, book_price(settings, sizes.n_billed_tokens, BOOK))


def ids(rows: RemoteGiven, **options: Any) -> set[str]:
    return {warning.warning_id for warning in find_warnings(facts(rows, wish(**options)))}


def sizes(n_rows: int, n_tokens: int, **options: Any) -> JobSizes:
    """Of a job whose rows have so many tokens in all."""
    found = facts(given(40), wish(validation_share=0.0, **options))
    lengths = replace(
        found.lengths,
        n_rows=n_rows,
        n_tokens=n_tokens,
        n_longest_row=n_tokens // n_rows,
    )
    training = replace(
        found.contents.training, report=replace(found.contents.training.report, lengths=lengths)
    )
    contents = replace(found.contents, training=training)
    settings = settle(wish(validation_share=0.0, **options), ORIGIN, contents, LIMITS, "x")
    return sizes_of(settings, contents)


def test_packing_leaves_few_steps_as_the_published_example_counts_them() -> None:
    """3,500 tokens a pair, batches of 8: 1,000 pairs in windows of 49,152 are 9 steps."""
    packed = sizes(1_000, 3_500_000, packing=True, n_epochs=1)
    assert packed.n_steps == packed.n_steps_packed == math.ceil(math.ceil(3_500_000 / 49_152) / 8)
    assert packed.n_steps == 9
    spread = sizes(3_000, 3_000 * 3_500, packing=False, n_epochs=1)
    assert (spread.n_steps, spread.n_billed_tokens) == (375, 3_000 * 4_096)
    assert sizes(1_000, 3_500_000, packing=True, n_epochs=1).n_billed_tokens == 3_500_000


def test_what_is_left_open_is_chosen_from_the_rows_and_the_model() -> None:
    found = facts(given(40), wish()).settings
    assert (found.batch_size, found.lora_rank, found.lora_alpha) == (8, 64, 128)
    assert (found.packing, found.max_seq_tokens, found.n_epochs) == (False, 4096, 3)
    assert (found.n_evals, found.n_checkpoints) == (5, 5)
    assert not facts(given(6), wish()).settings.n_evals, "too few to hold any back"
    mine = facts(given(40), wish(lora_rank=16, n_epochs=2, packing=True, n_evals=0)).settings
    assert (mine.lora_rank, mine.lora_alpha, mine.n_epochs) == (16, 32, 2)
    assert (mine.packing, mine.max_seq_tokens) == (True, 49152)
    assert found.normalises_length is False
    uneven = given(12, rows=tuple(_long(n, 9) for n in range(12)))
    assert facts(uneven, wish()).settings.normalises_length is True
    assert facts(uneven, wish(normalises_length=False)).settings.normalises_length is False


def test_the_price_is_the_books_and_never_below_its_minimum() -> None:
    small = facts(given(40), wish())
    assert small.price.price_microusd == 4_000_000
    assert small.price.note == "blog (2026-09-11)"
    found = book_price(small.settings, 100_000_000, BOOK)
    assert found.price_microusd == 84_000_000
    unknown = book_price(replace(small.settings, model="x"), 1, BOOK)
    assert unknown.price_microusd is None
    assert "unknown" in unknown.source


@for_all(st.integers(10, 60), st.floats(0.02, 0.5), st.integers(0, 5))
def test_no_family_is_trained_on_and_measured_on(n: int, share: float, seed: int) -> None:
    rows = given(n, rows=tuple(row(k, family=f"fam{k // 2}") for k in range(n)))
    found = divide(rows, share, seed, None, skips_bad=False)
    held = set() if found.validation is None else {r.family for r in found.validation.rows}
    trained = {r.family for r in found.training.rows}
    assert trained
    assert not trained & held
    kept = len(found.training.rows) + (len(found.validation.rows) if found.validation else 0)
    assert kept == n


def test_each_warning_comes_when_it_is_due_and_not_otherwise() -> None:
    many = given(400, rows=tuple(row(n) for n in range(400)))
    assert ids(many, n_epochs=1) == {"W-PACK", "W-STEPS"}
    assert ids(many, n_epochs=3) == {"W-PACK"}
    assert "W-STEPS" in ids(many, n_epochs=1, packing=True)
    assert "W-FEWTASKS" in ids(given(40))
    assert "W-LR" in ids(many, learning_rate=1e-4, allows_high_rate=True)
    tiny = replace(many, rows=tuple(replace(r, changed_share=0.03) for r in many.rows))
    assert "W-TINYEDIT" in ids(tiny, rpo_alpha=0.0)
    assert "W-TINYEDIT" not in ids(tiny)
    same = replace(many, rows=tuple(replace(r, preferred="one") for r in many.rows))
    assert "W-DUPCHOSEN" in ids(same)
    told = replace(many, rows=(replace(many.rows[0], preferred="3 of 3 tests pass"), *many.rows))
    assert "W-LEAKTEXT" in ids(told)
    other = replace(many, rows=tuple(replace(r, by=("together:big", "x")) for r in many.rows))
    assert {"W-OFFPOLICY", "W-STYLESPLIT"} <= ids(other)
    assert "W-PROTOCOL" in ids(replace(many, n_answers=100, n_invalid=6))
    long = replace(many, rows=tuple(_long(n, 46 if n else 1) for n in range(400)))
    assert {"W-LENGTH"} <= ids(long)
    assert "W-CONTEXT" in ids(long, max_seq_tokens=110)
    assert "W-CONTEXT" in ids(long, max_seq_tokens=60, skips_bad=True)
    unpriced = replace(facts(many, wish()), price=BookPrice(None, None, 0, "none", ""))
    assert "W-PRICE" in {warning.warning_id for warning in find_warnings(unpriced)}


def _long(n: int, n_words: int) -> Any:
    made = row(n)
    line = made.line.replace(b"good answer", b"good " * n_words)
    return replace(made, line=line)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"batch_size": 16}, "batch size of exactly 8, not 16"),
        ({"lora_rank": 128}, "LoRA rank from 1 to 64, not 128"),
        ({"learning_rate": 0.5, "allows_high_rate": True}, "learning rate from 1e-09 to 0.1"),
        ({"n_epochs": 21}, "epochs from 1 to 20"),
        ({"n_evals": 101}, "evaluations from 0 to 100"),
        ({"n_checkpoints": 11}, "checkpoints from 1 to 10"),
        ({"max_seq_tokens": 2048}, "window from 4096 to 49152"),
    ],
)
def test_what_the_model_does_not_allow_is_refused_here(options: dict[str, Any], said: str) -> None:
    found = facts(given(40), wish(**options))
    (refusal,) = refusals.of_limits(found.settings, LIMITS)
    assert said in refusal
    assert not list(refusals.of_limits(facts(given(40), wish()).settings, LIMITS))


def test_nonsense_is_refused_as_soon_as_it_is_asked_for() -> None:
    for options, said in (
        ({"learning_rate": math.nan}, "Learning rate"),
        ({"learning_rate": 1e-4}, "--allow-high-rate"),
        ({"beta": 0.0}, "Beta"),
        ({"scheduler": "stairs"}, "cosine or linear"),
        ({"lora_dropout": 1.0}, "Lora dropout"),
    ):
        with pytest.raises(UsageError, match=said):
            wish(**options)
    with pytest.raises(UsageError, match="seconds"):
        Pace(running_s=0.0)
    early = facts(given(40), wish(stops_early=True, n_evals=3)).settings
    (refusal,) = refusals.of_settings(early)
    assert "4 evaluations are needed" in refusal


async def test_a_preflight_sends_nothing_and_says_what_would_be_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop(monkeypatch) as there:
        with opened(tmp_path) as context:
            bad = given(40, rows=(*given(40).rows, row(99, line=b'{"input": 1}\n')))
            found = await remote.preflight(context, bad, wish())
            assert found.n_problems == 1
            assert "may not be uploaded" in found.refusals[0]
            assert "`preferred_output` is missing" in found.refusals[0]
            with pytest.raises(RefusedError, match="--skip-bad"):
                await remote.begin(context, bad, wish())
            clean = await remote.preflight(context, bad, wish(skips_bad=True))
            assert (clean.refusals, clean.n_problems) == ((), 1)
            assert clean.sizes.n_rows + clean.sizes.n_validation_rows == 40
            gone = await remote.preflight(context, given(), wish(model="Qwen/Qwen2.5-7B-Instruct"))
            assert "retired on 2026-07-29; use Qwen/Qwen3.5-9B" in gone.refusals[0]
            leak = await remote.preflight(context, given(leak="Leak: s/f"), wish())
            assert leak.refusals == ("Leak: s/f",)
            with pytest.raises(UsageError, match="These rows are for dpo"):
                await remote.preflight(context, given(), wish(kind=Kind.SFT))
            with pytest.raises(UsageError, match="no job nowhere"):
                await remote.preflight(context, given(), wish(from_job="nowhere"))
            with pytest.raises(UsageError, match="name one of the two"):
                await remote.preflight(context, given(), wish(from_job="ft-1", model=MODEL))
        assert not there.files.stored
        assert not there.tunes.jobs
        monkeypatch.delenv("TOGETHER_API_KEY")
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
        with opened(tmp_path) as context:
            found = await remote.preflight(context, given(), wish())
            assert "TOGETHER_API_KEY is not set" in found.why_not_asked
            assert found.refusals == (found.why_not_asked,)
            assert found.price.price_microusd == 4_000_000
