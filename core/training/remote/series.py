"""Which series of a remote trainer mean what the alarms look at.

The names of a preference job's metrics are not documented: they are told by the words in them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from core.training.alarms import Points
from core.training.metric_names import MetricGroup, group_of

_EVAL = re.compile(r"\b(?:eval|validation|val)", re.IGNORECASE)
_NOT_CHOSEN = re.compile(r"reject|non.?prefer|lose", re.IGNORECASE)
_CHOSEN = re.compile(r"chosen|prefer", re.IGNORECASE)


def for_alarms(series: Mapping[str, Points]) -> dict[str, Points]:
    """The series that alarms know, by the names that they know them by.

    Of the others only what is no number is handed on: that is always worth an alarm.
    """
    found: dict[str, Points] = {}
    for name in sorted(series):
        role = role_of(name)
        if role and role not in found:
            found[role] = series[name]
    for name, points in series.items():
        if not role_of(name) and not all(math.isfinite(value) for _, value in points):
            found[name] = points
    return found


def role_of(name: str) -> str:
    """What a series means for the alarms; empty when nothing."""
    group, prefix = group_of(name), "eval_" if _EVAL.match(name) else ""
    if group is MetricGroup.LOGP and _CHOSEN.search(name) and not _NOT_CHOSEN.search(name):
        return f"{prefix}logps_chosen"
    if group is MetricGroup.REWARD and "margin" in name.lower():
        return f"{prefix}margin"
    if group in (MetricGroup.LOSS, MetricGroup.ACCURACY):
        return f"{prefix}{group}"
    return ""
