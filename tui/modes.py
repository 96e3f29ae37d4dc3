"""The table of modes: which screen stands behind which key; each is loaded when first opened."""

from __future__ import annotations

from collections.abc import Callable

from tui.keymap import Group
from tui.screens.mode import ModeScreen


def _plan() -> ModeScreen:
    from tui.screens.plan import PlanScreen

    return PlanScreen()


def _suites() -> ModeScreen:
    from tui.screens.suites import SuitesScreen

    return SuitesScreen()


def _rollouts() -> ModeScreen:
    from tui.screens.rollouts import RolloutsScreen

    return RolloutsScreen()


def _pairs() -> ModeScreen:
    from tui.screens.pairs import PairsScreen

    return PairsScreen()


def _training() -> ModeScreen:
    from tui.screens.training import TrainingScreen

    return TrainingScreen()


def _evaluation() -> ModeScreen:
    from tui.screens.evaluation import EvaluationScreen

    return EvaluationScreen()


MODES: dict[Group, Callable[[], ModeScreen]] = {
    Group.PLAN: _plan,
    Group.SUITES: _suites,
    Group.ROLLOUTS: _rollouts,
    Group.PAIRS: _pairs,
    Group.TRAINING: _training,
    Group.EVALUATION: _evaluation,
}
"""In the order of the keys."""
