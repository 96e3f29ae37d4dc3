"""Evaluations."""

from __future__ import annotations

from core import comparison, guards, joins
from core.doors.door import Door
from core.evaluation import operations as evaluation
from core.evaluation.operations import EvaluationOptions, EvaluationReport
from core.evaluation.plan import EvaluationPlan, Wish
from core.evaluation.report import EvaluationDetails
from core.leases.planning import LeaseWish
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
        wish: LeaseWish = LeaseWish(),
    ) -> EvaluationReport:
        """Compare two policies on the test side, and on a held-out suite nobody trains on.

        Those on rented machines (`tuned:ARTIFACT`, `deployed:MODEL`) stand on one build of one
        hardware; `wish` says for how long at most.
        """
        policies, sides = (base, tuned), (split_id, heldout)
        await guards.refuse_policies(self.context, policies)
        return await joins.evaluate(self.context, policies, options, sides, wish)

    @operation(only_reads=True)
    async def plan_evaluation(
        self,
        options: EvaluationOptions = EvaluationOptions(),
        wish: Wish = Wish(),
        split_id: str = "latest",
        heldout: str = "",
        policies: tuple[str, str] = ("builtin", ""),
    ) -> EvaluationPlan:
        """What an evaluation could show and cost; of the policies, base first, one may be empty."""
        sides = (split_id, heldout)
        return await comparison.plan(self.context, policies, options, wish, sides)

    @operation(is_long=True)
    async def resume_evaluation(
        self, evaluation_id: str = "latest", wish: LeaseWish = LeaseWish()
    ) -> EvaluationReport:
        """Do what is missing of an evaluation, to the verdict it would have had at once."""
        await guards.refuse_policies(
            self.context, await comparison.policies_to_resume(self.context, evaluation_id)
        )
        return await comparison.resume(self.context, evaluation_id, wish)

    @operation(only_reads=True)
    async def list_evaluations(self) -> list[EvaluationSummary]:
        """All evaluations."""
        return await evaluation.evaluations(self.context)

    @operation(only_reads=True)
    async def show_evaluation(self, evaluation_id: str = "latest") -> EvaluationReport:
        """One finished evaluation."""
        return await evaluation.show(self.context, evaluation_id)

    @operation(only_reads=True)
    async def explain_evaluation(self, evaluation_id: str = "latest") -> EvaluationDetails:
        """One finished evaluation with its arms, families and cost, for a report."""
        return await comparison.details(self.context, evaluation_id)
