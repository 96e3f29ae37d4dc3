"""What the curves show of a job, or of several beside each other: metrics by what they are about.

Alone, a job's panels are groups of metrics that share a scale. Beside others, each metric has a
panel with a line per job. Metrics of unknown names are shown like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from core.text import clean, one_line
from core.training.metric_names import MetricGroup, grouped, spoken
from tui.widgets.panels import MOST_LINES, Panel, Series

Values = Mapping[str, Mapping[int, float | None]]
"""Of a job: by metric and step."""

_REMARKS = {
    MetricGroup.LOSS: "should fall",
    MetricGroup.REWARD: "the margin should rise above 0",
    MetricGroup.ACCURACY: "share of pairs told apart; 0.5 is chance",
    MetricGroup.KL: "distance from the parent; should stay small",
    MetricGroup.LOGP: "of the chosen: should not fall far",
}
_HINTS = {"grad norm": "should not grow"}
_DULL = {"epoch", "learning rate", "global step"}
"""Known beforehand; they come last."""
_LONGEST = 32


def panels_of(values: Values) -> list[Panel]:
    """One job's: a panel for each group, one for each metric that belongs to none."""
    found: list[Panel] = []
    for group, names in grouped(values).items():
        lines = [Series(_name(name), _points(values[name])) for name in _plain_first(names)]
        if group is MetricGroup.OTHER:
            found += [Panel(line.name, (line,), _HINTS.get(line.name, "")) for line in lines]
        else:
            found += _parts(group.value, lines, _REMARKS[group])
    return sorted(found, key=lambda panel: panel.name in _DULL)


def overlay(jobs: Sequence[tuple[str, Values]]) -> list[Panel]:
    """Several jobs': a panel for each metric that any of them measured, a line for each job."""
    by_job = [
        (label, {_name(name): _points(points) for name, points in values.items()})
        for label, values in jobs[:MOST_LINES]
    ]
    names = {name for _, lines in by_job for name in lines}
    found = []
    for group, members in grouped(names).items():
        for name in _plain_first(members):
            lines = tuple(Series(label, lines.get(name, ())) for label, lines in by_job)
            found.append(Panel(name, lines, _REMARKS.get(group, _HINTS.get(name, ""))))
    return sorted(found, key=lambda panel: panel.name in _DULL)


def short_id(job_id: str) -> str:
    """The end of a job's id, which tells it apart."""
    return one_line(clean(job_id), _LONGEST).rsplit("-", 1)[-1][-8:]


def _parts(name: str, lines: Sequence[Series], remark: str) -> Iterator[Panel]:
    """No more lines in a panel than can be told apart; an alone one has its own name."""
    for start in range(0, len(lines), MOST_LINES):
        part = tuple(lines[start : start + MOST_LINES])
        yield Panel(part[0].name if len(part) == 1 else name, part, remark)


def _plain_first(names: Iterable[str]) -> list[str]:
    """What is measured on the trained pairs before what is measured on others."""
    return sorted(names, key=lambda name: (spoken(name).startswith(("eval", "val")), name))


def _name(name: str) -> str:
    return one_line(clean(spoken(name)), _LONGEST)


def _points(values: Mapping[int, float | None]) -> tuple[tuple[int, float | None], ...]:
    return tuple(sorted(values.items()))
