"""How remote models stand, for people."""

from __future__ import annotations

from rich.console import Console

from core.money import usd
from core.preflight import MachineStanding, ModelPreflight, ModelStanding
from tui.commands.show import say, table


def show_models(out: Console, report: ModelPreflight) -> None:
    """Whose key it is, every model for its stage, machines, and what stands in the way."""
    if report.identity is None:
        say(out, f"together: {report.why_not_asked}")
        return
    project = report.identity.project_slug or "no single project"
    say(out, f"together: key valid, {report.identity.organisation}, {project}")
    heads = ("model", "for", "there as", "context", "tuning", "today", "book", "chat")
    table(out, heads, map(_cells, report.models), empty="no model to look at")
    heads_of_machines = ("machine", "per hour today", "book")
    table(out, heads_of_machines, map(_machine, report.machines), empty="no machine is offered")
    for model in report.models:
        for text in model.refusals:
            say(out, f"  refused: {text}")
        for text in model.remarks:
            say(out, f"  note: {text}")


def _cells(model: ModelStanding) -> tuple[str, ...]:
    kinds = {
        "serverless": model.is_serverless,
        "deployable": model.is_deployable,
        "tunable": model.is_tunable,
    }
    limits, tuning = model.limits, ""
    if limits is not None:
        tuning = f"DPO {_count(limits.max_seq_length_dpo)}, batch {limits.max_batch_size_dpo}"
    return (
        model.model,
        model.stage.value,
        ", ".join(name for name, is_so in kinds.items() if is_so) or model.status or "unknown",
        _count(model.context_length),
        tuning,
        _pair(model.live_prompt, model.live_completion),
        f"{_pair(model.book_prompt, model.book_completion)} {model.book_as_of}".strip(),
        model.chat,
    )


def _machine(machine: MachineStanding) -> tuple[str, ...]:
    book = "unknown" if machine.book_per_hour is None else usd(machine.book_per_hour)
    return machine.name, usd(machine.live_per_hour), f"{book} {machine.book_as_of}".strip()


def _pair(prompt: int | None, completion: int | None) -> str:
    if prompt is None or completion is None:
        return ""
    return f"{usd(prompt)}/{usd(completion)}"


def _count(n: int | None) -> str:
    return "" if n is None else f"{n:,}"
