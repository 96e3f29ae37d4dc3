"""Evaluations."""

from __future__ import annotations

from core import joins
from core.doors.door import Door
from core.evaluation import operations as evaluation
from core.evaluation.operations import EvaluationOptions, EvaluationReport
from core.operation import operation
from core.store.evaluations import EvaluationSummary


class EvaluationDoor(Door):
    """Base against tuned, by a rule fixed beforehand."""

    @operation(is_long=True)
    async def evaluate(
        self,
        tuned: str,
        options: EvaluationOptions = EvaluationOptions(),
        split_id: str = "latest",
        heldout: str = "",
        base: str = "builtin",
    ) -> EvaluationReport:
        """Compare two policies on the test side, and on a held-out suite nobody trains on."""
        policies = (base, tuned)
        return await joins.evaluate(self.context, policies, options, split_id, heldout)

    @operation
    async def list_evaluations(self) -> list[EvaluationSummary]:
        """All evaluations."""
        return await evaluation.evaluations(self.context)

    @operation
    async def show_evaluation(self, evaluation_id: str = "latest") -> EvaluationReport:
        """One finished evaluation."""
        return await evaluation.show(self.context, evaluation_id)
