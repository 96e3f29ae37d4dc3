"""A training job in words: on three lines, as a page, and each of its events as a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from textual.content import Content

from core.events import JobNoted
from core.text import clean, one_line
from core.training.metric_names import grouped, spoken
from tui.screens.outcomes import status_cell
from tui.screens.remote_words import money, remote_lines, settings_line, stage_word, time_left
from tui.widgets.cells import Glyphs
from tui.widgets.meter import bar
from tui.widgets.virtual_list import Column, Row

if TYPE_CHECKING:  # importing these for real loads the database
    from core.store.jobs import JobEventRow, JobInputRow
    from core.training.alarms import Alarm
    from core.training.operations import JobView

EVENTS = (
    Column("time", 8),
    Column("step", 6, is_right=True),
    Column("what happened", 0),
)
Line = tuple[str, str]
"""Text, already cleaned, and its style."""
_LONGEST = 400
_FIGURES = ("grad_norm", "logps_chosen", "logps_rejected")
_STYLES = {"warning": "$warning", "error": "$state-failed"}


@dataclass(frozen=True, slots=True)
class JobEvent:
    """An event, stored or just told."""

    level: str
    kind: str
    text: str
    step: int | None
    at: datetime

    @classmethod
    def of(cls, event: JobEventRow | JobNoted) -> JobEvent:
        """Either form."""
        return cls(event.level, event.kind, event.text, event.step, event.happened_at)


def merged(stored: Iterable[JobEvent], told: Iterable[JobEvent]) -> list[JobEvent]:
    """What is stored, then what was told of since."""
    known = list(stored)
    seen = set(known)
    return known + [event for event in told if event not in seen]


def event_row(number: int, event: JobEvent, glyphs: Glyphs) -> Row:
    """A row of the list of events."""
    signs = {"warning": "! ", "error": f"{glyphs.failed} "}
    text = signs.get(event.level, "") + one_line(clean(event.text), _LONGEST)
    step = "" if event.step is None else f"{event.step:,}"
    style = _STYLES.get(event.level, "$foreground")
    return Row(str(number), (f"{event.at:%H:%M:%S}", step, (text, style)), event)


def event_page(event: JobEvent) -> Content:
    """An event in full."""
    step = "" if event.step is None else f", step {event.step:,}"
    heading = f"{clean(event.kind)}, {event.at:%Y-%m-%d %H:%M:%S} UTC{step}"
    return _joined([(heading, "bold $primary"), ("", ""), (clean(event.text), "$foreground")])


def about(
    view: JobView,
    series: Mapping[str, Mapping[int, float | None]],
    n_steps: int,
    glyphs: Glyphs,
) -> list[Content]:
    """Three lines: how far it is, what was asked for, what is worth knowing."""
    word, style = status_cell(view.job.status, glyphs)
    n_done = max((step for points in series.values() for step in points), default=0)
    left = ""
    if view.remote is not None:
        word = stage_word(word, view.remote)
        left = time_left(view.remote)
    first = Content.assemble(
        (f"{clean(view.job.job_id)}  ", "bold $foreground"),
        (f"{word}  ", style),
        (bar(n_done, n_steps, 12, glyphs), "$meter-ok"),
        (f" step {n_done}/{n_steps}", "$foreground"),
        (left, "$foreground"),
    )
    return [first, Content.styled(options_line(view), "$foreground"), _newest(view, series)]


def options_line(view: JobView) -> str:
    """What was asked for."""
    if view.remote is not None:
        return f"{money(view.remote.price)}; {settings_line(view)}"
    if view.options is None:
        return f"from {clean(view.parent)}"
    dpo = view.options.dpo
    sabotage = "; chosen and rejected are EXCHANGED" if view.options.is_exchanged else ""
    return (
        f"from {clean(view.parent)}: beta {dpo.beta:g}, {dpo.n_epochs} epochs, batch "
        f"{dpo.batch_size}, rate {dpo.learning_rate:g}, rpo alpha {dpo.rpo_alpha:g}, "
        f"seed {dpo.seed}{sabotage}"
    )


def _newest(view: JobView, series: Mapping[str, Mapping[int, float | None]]) -> Content:
    if view.job.reason:
        return Content.styled(one_line(clean(view.job.reason), _LONGEST), "$warning")
    if view.alarms:
        names = ", ".join(alarm.kind.value.replace("-", " ") for alarm in view.alarms)
        first = clean(view.alarms[0].advice)
        return Content.assemble(
            (f"! {names}: enter explains", "$warning"), (f".  {first}", "$foreground")
        )
    parts = []
    for name in _FIGURES:
        points = series.get(name, {})
        value = points[max(points)] if points else None
        if value is not None:
            parts.append(f"{spoken(name)} {value:.3g}")
    return Content.styled("   ".join(parts), "$secondary")


def job_page(view: JobView, events: Iterable[JobEvent], glyphs: Glyphs) -> Content:
    """Everything about a job."""
    return _joined(_page(view, events, glyphs))


def _page(view: JobView, events: Iterable[JobEvent], glyphs: Glyphs) -> Iterator[Line]:
    job = view.job
    word, style = status_cell(job.status, glyphs)
    yield f"{clean(job.job_id)}, trainer {clean(job.trainer)}", "bold $primary"
    yield word + (f": {clean(job.reason)}" if job.reason else ""), style
    yield options_line(view), "$foreground"
    if view.policy:
        policy = clean(view.policy)
        yield f"made the policy {policy}; gemel eval run {policy}", "$foreground"
    if view.remote is not None:
        yield from _heading("at the service")
        for line in remote_lines(view.remote):
            yield line, "$foreground"
    yield from _heading("what it was trained on")
    yield from _given(view.given, job.dataset_id)
    yield from _heading("alarms")
    for alarm in view.alarms:
        yield from _alarm(alarm)
    if not view.alarms:
        yield "none", "$secondary"
    yield from _heading("what it measured")
    for names in grouped(view.series).values():
        for name in names:
            if points := view.series[name]:
                ends = f"{_value(points[0].value):>10} -> {_value(points[-1].value):<10}"
                yield f"{clean(name):<18}{ends} step {points[-1].step}", "$foreground"
    yield from _heading("what happened")
    for event in events:
        step = "" if event.step is None else f"step {event.step}: "
        text = f"{event.at:%H:%M:%S}  {step}{clean(event.text)}"
        yield text, _STYLES.get(event.level, "$foreground")


def _value(value: float | None) -> str:
    return "no number" if value is None else f"{value:.4g}"


def _given(given: JobInputRow | None, dataset_id: str) -> Iterator[Line]:
    if given is None:
        yield f"dataset {clean(dataset_id)}; more is not on record", "$secondary"
        return
    yield (
        f"{given.n_pairs:,} pairs of {given.n_tasks:,} distinct tasks; "
        f"{given.n_trained:,} of them could be used, in {given.n_steps:,} steps",
        "$foreground",
    )
    yield (
        f"{given.n_kept:,} kept by a person, {given.n_undecided:,} undecided, "
        f"{given.n_flagged:,} flagged, {given.n_dropped:,} dropped; {given.n_swapped:,} swapped",
        "$foreground",
    )
    build = clean(given.build_id)
    yield f"build {build}: gemel pairs queue --build {build}", "$secondary"
    yield f"dataset {clean(dataset_id)}", "$secondary"


def _alarm(alarm: Alarm) -> Iterator[Line]:
    yield f"! {clean(alarm.saw)}", "$warning"
    yield f"  {alarm.means}", "$foreground"
    yield f"  {alarm.advice}", "$accent"


def _heading(text: str) -> Iterator[Line]:
    yield "", ""
    yield text, "bold $foreground"


def _joined(lines: Iterable[Line]) -> Content:
    return Content("\n").join([Content.styled(text, style) for text, style in lines])
