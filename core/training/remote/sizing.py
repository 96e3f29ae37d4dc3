"""From a wish and the rows to settings, optimiser steps, billed tokens and a price.

Tokens are estimated without the model's own tokenizer. What a job is billed for is
`epochs x training tokens + evaluations x validation tokens`, and without packing every row
counts as a full window (docs fine-tuning/pricing, mid 2026).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.costs.book import PriceBook
from core.errors import RefusedError
from core.money import tokens_cost
from core.together.message_rules import Kind
from core.together.training_file import Lengths, Room
from core.together.tuning_records import ModelLimits
from core.training.remote.given import Contents
from core.training.remote.settings import JobSettings, JobWish

_TARGET_STEPS, _MOST_EPOCHS = 100, 3
_MANY_ROWS = 5_000
_MARGIN = 1.1
"""A tokenizer may make so much more of a text than is estimated here."""
_STRIDE = 512
_DEFAULT_WINDOW, _DEFAULT_BATCH, _DEFAULT_RANK, _MOST_RANK = 4096, 8, 32, 64
_N_EVALS = 5
_EVEN = (0.8, 1.25)
"""Within, the sides of the pairs are about as long as each other."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a job starts from."""

    model: str
    parent: str
    from_checkpoint: str = ""


@dataclass(frozen=True, slots=True)
class JobSizes:
    """How large a job is, as predicted."""

    n_rows: int
    n_validation_rows: int
    n_row_tokens: int
    """Of all training rows together, both sides of each pair."""
    n_validation_tokens: int
    n_steps: int
    n_steps_packed: int
    n_steps_unpacked: int
    n_billed_tokens: int


@dataclass(frozen=True, slots=True)
class BookPrice:
    """What a job costs by the price book."""

    price_microusd: int | None
    """None: the book does not know it; only the service's estimate will tell."""
    per_million: int | None
    minimum_microusd: int
    source: str
    as_of: str

    @property
    def note(self) -> str:
        """The price and who says so."""
        return f"{self.source} ({self.as_of})" if self.as_of else self.source


def room_of(wish: JobWish, limits: ModelLimits | None) -> Room | None:
    """How long the rows may be; None while nothing limits them."""
    if limits is None:
        return None if wish.max_seq_tokens is None else Room(wish.max_seq_tokens, wish.kind)
    most = _window(wish, limits)
    asked = wish.max_seq_tokens if wish.max_seq_tokens is not None else most
    return Room(
        n_window_tokens=min(asked, most),
        kind=wish.kind,
        supports_tools=limits.supports_tools is not False,
        supports_reasoning=limits.supports_reasoning is not False,
    )


def settle(
    wish: JobWish, origin: Origin, contents: Contents, limits: ModelLimits | None, suffix: str
) -> JobSettings:
    """Choose what the wish leaves open."""
    limits = limits or ModelLimits(origin.model)
    lengths = contents.training.report.lengths
    validation = contents.validation
    packing = wish.packing if wish.packing is not None else lengths.n_rows >= _MANY_ROWS
    window = wish.max_seq_tokens or _window_for(lengths, limits, wish, packing=packing)
    batch = wish.batch_size or _most_batch(wish.kind, limits)
    rank = wish.lora_rank or min(limits.default_rank or _DEFAULT_RANK, _MOST_RANK)
    n_rows = _n_windows(lengths, window, packing=packing)
    steps = max(1, math.ceil(n_rows / (batch * wish.accumulation)))
    n_evals = wish.n_evals if wish.n_evals is not None else _N_EVALS
    n_evals = n_evals if validation is not None else 0
    ratio = lengths.length_ratio
    is_uneven = ratio is not None and not _EVEN[0] <= ratio <= _EVEN[1]
    return JobSettings(
        kind=wish.kind,
        model=origin.model,
        from_checkpoint=origin.from_checkpoint,
        parent=origin.parent,
        suffix=suffix,
        learning_rate=wish.learning_rate,
        n_epochs=wish.n_epochs or max(1, min(_MOST_EPOCHS, math.ceil(_TARGET_STEPS / steps))),
        batch_size=batch,
        accumulation=wish.accumulation,
        beta=wish.beta,
        rpo_alpha=wish.rpo_alpha,
        normalises_length=is_uneven if wish.normalises_length is None else wish.normalises_length,
        lora_rank=rank,
        lora_alpha=wish.lora_alpha or 2 * rank,
        lora_dropout=wish.lora_dropout,
        lora_modules=wish.lora_modules,
        packing=packing,
        max_seq_tokens=window,
        n_evals=n_evals,
        n_checkpoints=wish.n_checkpoints or max(1, min(n_evals, limits.max_checkpoints or n_evals)),
        validation_share=wish.validation_share if validation is not None else 0.0,
        seed=wish.seed,
        warmup_ratio=wish.warmup_ratio,
        scheduler=wish.scheduler,
        min_lr_ratio=wish.min_lr_ratio,
        n_cycles=wish.n_cycles,
        max_grad_norm=wish.max_grad_norm,
        weight_decay=wish.weight_decay,
        stops_early=wish.stops_early,
        early_patience=wish.early_patience,
        early_min_delta=wish.early_min_delta,
        early_warmup_evals=wish.early_warmup_evals,
        trains_on_inputs=wish.trains_on_inputs,
        pace=wish.pace,
    )


def sizes_of(settings: JobSettings, contents: Contents) -> JobSizes:
    """Steps and billed tokens of a job."""
    lengths = contents.training.report.lengths
    evals = contents.validation.report.lengths if contents.validation else Lengths()
    window, batch = settings.max_seq_tokens, settings.batch_size * settings.accumulation

    def n_steps(*, packing: bool) -> int:
        rows = _n_windows(lengths, window, packing=packing)
        return math.ceil(rows / batch) * settings.n_epochs

    def billed(part: Lengths) -> int:
        return part.n_tokens if settings.packing else part.n_rows * window

    packed, unpacked = n_steps(packing=True), n_steps(packing=False)
    return JobSizes(
        n_rows=lengths.n_rows,
        n_validation_rows=evals.n_rows,
        n_row_tokens=lengths.n_tokens,
        n_validation_tokens=evals.n_tokens,
        n_steps=packed if settings.packing else unpacked,
        n_steps_packed=packed,
        n_steps_unpacked=unpacked,
        n_billed_tokens=settings.n_epochs * billed(lengths) + settings.n_evals * billed(evals),
    )


def book_price(settings: JobSettings, n_billed_tokens: int, book: PriceBook) -> BookPrice:
    """What the book says; of a model that it calls retired, that it is."""
    try:
        row = book.training_row(settings.model, settings.kind.value)
    except RefusedError as refusal:
        return BookPrice(None, None, 0, f"the price book has none: {refusal}", "")
    price = max(row.minimum, tokens_cost(n_billed_tokens, row.per_million))
    return BookPrice(price, row.per_million, row.minimum, row.source, row.as_of.isoformat())


def _window(wish: JobWish, limits: ModelLimits) -> int:
    named = limits.max_tokens_dpo if wish.kind is Kind.DPO else limits.max_tokens_sft
    return named or wish.max_seq_tokens or _DEFAULT_WINDOW


def _window_for(lengths: Lengths, limits: ModelLimits, wish: JobWish, *, packing: bool) -> int:
    """Packed rows fill the largest window; others are padded, so theirs is the smallest."""
    most = _window(wish, limits)
    if packing:
        return most
    needed = math.ceil(lengths.n_longest_row * _MARGIN)
    return max(
        min(most, math.ceil(needed / _STRIDE) * _STRIDE), min(most, limits.min_tokens or _STRIDE)
    )


def _most_batch(kind: Kind, limits: ModelLimits) -> int:
    named = limits.max_batch_size_dpo if kind is Kind.DPO else limits.max_batch_size
    return named or _DEFAULT_BATCH


def _n_windows(lengths: Lengths, window: int, *, packing: bool) -> int:
    return math.ceil(lengths.n_tokens / window) if packing else lengths.n_rows
