"""Why a job would not be begun: what the model's limits, the rows and the money do not allow."""

from __future__ import annotations

from collections.abc import Iterator

from core.text import plural
from core.together.message_rules import Kind
from core.together.tuning_records import ModelLimits
from core.training.remote.given import Contents, RemoteGiven
from core.training.remote.settings import JobSettings

_LONGEST_SUFFIX = 40


def of_rows(given: RemoteGiven, contents: Contents, *, skips_bad: bool) -> Iterator[str]:
    """What is wrong with the rows."""
    if given.leak:
        yield given.leak
    for part in filter(None, (contents.training, contents.validation)):
        report = part.report
        if report.n_problems and report.lengths.n_rows and not skips_bad:
            first = report.problems[0]
            yield (
                f"{plural(report.n_problems, 'row')} of {report.name} may not be uploaded (row "
                f"{first.line}: {first.reason}). --skip-bad leaves them out."
            )
        if not report.lengths.n_rows:
            why = next(iter(report.reasons), "there is none")
            yield f"{report.name} has no row that may be uploaded: {why}."


def of_limits(settings: JobSettings, limits: ModelLimits) -> Iterator[str]:
    """Settings that the model does not allow; the client library checks only some of them."""
    is_dpo = settings.kind is Kind.DPO
    most_batch = limits.max_batch_size_dpo if is_dpo else limits.max_batch_size
    most_tokens = limits.max_tokens_dpo if is_dpo else limits.max_tokens_sft
    checks = (
        ("batch size", settings.batch_size, limits.min_batch_size, most_batch),
        ("LoRA rank", settings.lora_rank, 1, limits.max_rank),
        (
            "learning rate",
            settings.learning_rate,
            limits.min_learning_rate,
            limits.max_learning_rate,
        ),
        ("epochs", settings.n_epochs, 1, limits.max_epochs),
        ("evaluations", settings.n_evals, 0, limits.max_evals),
        ("checkpoints", settings.n_checkpoints, 1, limits.max_checkpoints),
        ("window", settings.max_seq_tokens, limits.min_tokens, most_tokens),
    )
    for name, value, low, high in checks:
        if (low is not None and value < low) or (high is not None and value > high):
            yield f"{settings.model} allows {name} {_range(low, high)}, not {value:g}."


def of_settings(settings: JobSettings) -> Iterator[str]:
    """Settings that do not go together."""
    if len(settings.suffix) > _LONGEST_SUFFIX:
        yield f"The suffix {settings.suffix} is longer than {_LONGEST_SUFFIX} letters."
    needed = settings.early_patience + settings.early_warmup_evals + 1
    if settings.stops_early and settings.n_evals < needed:
        yield (
            f"To stop early, {needed} evaluations are needed (patience, warm-up and one); there "
            f"are {settings.n_evals}. They need rows that are held back."
        )


def _range(low: float | None, high: float | None) -> str:
    if low is not None and low == high:
        return f"of exactly {low:g}"
    if high is None:
        return f"of {low:g} or more"
    return f"up to {high:g}" if low is None else f"from {low:g} to {high:g}"
