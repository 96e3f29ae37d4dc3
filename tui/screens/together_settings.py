"""The settings of a job at Together, with what each is for and why its default is what it is.

Facts are those of the service's documentation; defaults are those of published practice
(CodeAlign on learning rates, Step-DPO on steps, Tulu 3 on prompts, Smaug and IRPO on the
likelihood term).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.together.message_rules import Kind
from core.training.remote.settings import JobWish
from tui.screens.form import number, whole
from tui.screens.job_settings import FLAGGED, YES_NO, Setting, numeric, yes

AUTO = "auto"
_DEFAULT = JobWish(model="-")
_MODEL = "Qwen/Qwen3.5-9B"
_SWITCH = (AUTO, *YES_NO)
_SOURCE, _KIND = "source", "kind"


@dataclass(frozen=True, slots=True)
class TogetherWish:
    """A job as the form asks for it."""

    job: JobWish
    source_id: str
    include_flagged: bool


def _number(name: str, label: str, explains: str) -> Setting:
    value = getattr(_DEFAULT, name)
    return numeric(name, label, AUTO if value is None else f"{value:g}", explains)


def _switch(name: str, label: str, explains: str) -> Setting:
    value = getattr(_DEFAULT, name)
    if value is None:
        return Setting(name, label, AUTO, explains, _SWITCH)
    return Setting(name, label, YES_NO[bool(value)], explains, YES_NO)


SETTINGS: tuple[Setting, ...] = (
    Setting(
        _KIND,
        "method",
        Kind.DPO.value,
        "dpo learns from preference pairs. sft learns passing answers by heart: first, for a "
        "model that breaks the protocol in more than 5 % of its answers; then dpo goes on from "
        "that job.",
        (Kind.DPO.value, Kind.SFT.value),
    ),
    Setting(
        _SOURCE,
        "source",
        "latest",
        "For dpo a build of pairs, for sft a run whose passing rollouts are shown step by step: "
        "an id, the beginning of it, or latest.",
    ),
    Setting(
        "model",
        "model",
        _MODEL,
        "What is tuned: a name of the service. A preflight says whether it can be, and what else "
        "there is. Best is the model that made the rollouts.",
    ),
    Setting(
        "from_job",
        "from job",
        "none",
        "Go on from a job instead of a model: its id here or ft-... there, with :STEP for a "
        "checkpoint. The usual order is sft, then dpo from it.",
    ),
    _number(
        "n_epochs",
        "epochs",
        "Passes over the rows; auto makes about a hundred steps, three passes at most. More "
        "passes did harm only at high learning rates.",
    ),
    _number(
        "batch_size",
        "batch size",
        "Rows of one step. auto is the most that the model takes, which for preferences is often "
        "the only size.",
    ),
    _number(
        "learning_rate",
        "learning rate",
        "1e-5 is always sent: left out, the service's own default is a hundred times that for "
        "adapters. Above 5e-5 repair models got worse at perfect accuracy. Try 5e-6 to 2e-5.",
    ),
    _number(
        "beta",
        "beta",
        "How dearly distance from the parent is paid. Larger stays nearer. 0.1 is what most "
        "published recipes use.",
    ),
    _number(
        "rpo_alpha",
        "rpo alpha",
        "Weight of the chosen answer's own likelihood. Repairs differ in few tokens: with 0 both "
        "sides lose likelihood. Papers use 0.005 to 1; try 0.2, 0.5, 1.",
    ),
    _switch(
        "normalises_length",
        "by length",
        "Divide log-ratios by length. auto does when preferred and other answers differ much in "
        "length, where the longer would win by that alone.",
    ),
    _switch(
        "packing",
        "packing",
        "Several rows in one window. It is cheaper with short rows, but leaves few steps: 3,000 "
        "pairs become 27 instead of 375. auto packs from 5,000 rows on.",
    ),
    _number(
        "max_seq_tokens",
        "window, tokens",
        "Without packing every row is billed as a full window, so auto takes the next multiple "
        "of 512 that holds the longest row.",
    ),
    _number(
        "lora_rank",
        "LoRA rank",
        "Size of the adapter. 16 to 64 do for some thousand pairs; auto is the model's default, "
        "64 at most.",
    ),
    _number(
        "lora_alpha",
        "LoRA alpha",
        "Scale of the adapter; auto is twice the rank.",
    ),
    _number("lora_dropout", "LoRA dropout", "Share of the adapter that is muted in a step."),
    Setting(
        "lora_modules",
        "LoRA modules",
        _DEFAULT.lora_modules,
        "Which matrices get an adapter: all-linear, or names with commas between them.",
    ),
    _number(
        "validation_share",
        "held back",
        "Share of the tasks, by family, that is not trained on but measured on. A checkpoint is "
        "picked there, never on the test side.",
    ),
    _number(
        "n_evals",
        "evaluations",
        "How often the rows that are held back are measured; each is billed. auto is five.",
    ),
    _number(
        "n_checkpoints",
        "checkpoints",
        "States of the adapter that are kept on the way; auto is one for each evaluation.",
    ),
    _number("seed", "seed", "Order of the rows, and which families are held back."),
    _number(
        "warmup_ratio",
        "warm-up",
        "Share of the steps in which the learning rate rises from nothing.",
    ),
    Setting(
        "scheduler",
        "schedule",
        _DEFAULT.scheduler,
        "How the learning rate falls after the warm-up.",
        ("cosine", "linear"),
    ),
    _number("min_lr_ratio", "lowest rate", "Share of the learning rate that is left at the end."),
    _number("n_cycles", "cycles", "Waves of the cosine; 0.5 falls once."),
    _number("max_grad_norm", "gradient clip", "Longer gradients are shortened to it; 0 does not."),
    _number("weight_decay", "weight decay", "Pulls the adapter towards nothing in each step."),
    _number(
        "accumulation",
        "accumulation",
        "Batches of one step. More than 1 makes fewer, steadier steps for the same price.",
    ),
    _switch(
        "stops_early",
        "stop early",
        "End when the rows that are held back get no better. It needs enough evaluations.",
    ),
    _number("early_patience", "patience", "Evaluations without getting better before it stops."),
    _number("early_min_delta", "better by", "What counts as better, in loss."),
    _number("early_warmup_evals", "not before", "Evaluations that it waits for in any case."),
    _switch(
        "trains_on_inputs",
        "on prompts",
        "Of sft: learn the prompts, too. Nothing here needs that.",
    ),
    _switch(
        "skips_bad",
        "skip bad rows",
        "Leave rows out that the service would reject, instead of refusing all.",
    ),
    _switch(
        "allows_high_rate",
        "high rate",
        "yes takes a learning rate above 5e-5 for preferences, against the evidence.",
    ),
    FLAGGED,
)
_CHOICES = {_KIND, "scheduler"}
_TEXTS = {"model", "lora_modules"}
_WHOLE = {
    "n_epochs",
    "batch_size",
    "max_seq_tokens",
    "lora_rank",
    "lora_alpha",
    "n_evals",
    "n_checkpoints",
}
"""Whole numbers whose default is left open."""
_FIELDS = [each for each in SETTINGS if each.name not in (_KIND, _SOURCE, "from_job", "flagged")]


def read_wish(values: Mapping[str, str]) -> TogetherWish:
    """The form's values; raises `UsageError`."""
    given: dict[str, Any] = {each.name: _read(values, each) for each in _FIELDS}
    given["from_job"] = "" if values["from_job"] == "none" else values["from_job"]
    if given["from_job"]:
        given["model"] = ""
    wish = JobWish(kind=Kind(values[_KIND]), **given)
    return TogetherWish(wish, values[_SOURCE], yes(values, FLAGGED.name))


def _read(values: Mapping[str, str], setting: Setting) -> object:
    name, default = setting.name, getattr(_DEFAULT, setting.name)
    if setting.default == AUTO and values[name] == AUTO:
        return None
    if name in _TEXTS or name in _CHOICES:
        return values[name]
    if setting.choices:
        return yes(values, name)
    is_whole = isinstance(default, int) or name in _WHOLE
    return (whole if is_whole else number)(values, name, setting.label)
