"""In SQL, the outcomes that say nothing of a policy."""

from __future__ import annotations

from core.outcome import UNCOUNTED

UNCOUNTED_SQL = f"({', '.join(repr(outcome.value) for outcome in UNCOUNTED)})"
"""For `outcome IN` and `outcome NOT IN`."""
