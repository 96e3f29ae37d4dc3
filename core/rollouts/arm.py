"""An arm: a policy with everything else its rollouts depend on, under one hash."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from core.agent.limits import Limits, Speech, TestPolicy
from core.agent.rollout import Conditions
from core.agent.state import Prompts, load_prompts
from core.chat import Decoding
from core.digest import short
from core.errors import RefusedError

_CURRENT = {
    Speech.EDIT: "edit-2",
    Speech.TOOLS_JSON: "tools-json-1",
    Speech.TOOLS_STRICT: "tools-json-1",
    Speech.TOOLS_NATIVE: "tools-native-1",
}


@dataclass(frozen=True, slots=True)
class Arm:
    """A policy and its conditions."""

    policy: str = "builtin"
    """`builtin` (untrained) or `builtin:ARTIFACT`."""
    protocol: Speech = Speech.EDIT
    prompts: str = "edit-1"
    prompts_hash: str = ""
    test_policy: TestPolicy = TestPolicy.ON_WRITE
    decoding: Decoding = Decoding()
    limits: Limits = Limits()
    serving: str = ""
    """The build and machine that serve the policy, where a machine is rented for it."""

    @property
    def arm_id(self) -> str:
        """Hash of all of it."""
        return short(self, 16)

    @property
    def conditions(self) -> Conditions:
        """What a rollout needs beside the policy; refuses prompts that changed since."""
        prompts = load_prompts(self.prompts)
        if prompts.hash != self.prompts_hash:
            raise RefusedError(
                f"The prompts {self.prompts} differ from those this arm was made with; "
                "start a new run instead."
            )
        return Conditions(prompts, self.decoding, self.limits, self.test_policy, self.protocol)


def current_prompts(protocol: Speech) -> Prompts:
    """The templates that new arms of a protocol get."""
    return load_prompts(_CURRENT[protocol])


def make_arm(
    policy: str = "builtin",
    *,
    protocol: Speech = Speech.EDIT,
    test_policy: TestPolicy = TestPolicy.ON_WRITE,
    decoding: Decoding = Decoding(),
    limits: Limits = Limits(),
    serving: str = "",
) -> Arm:
    """An arm with the current prompts."""
    prompts = current_prompts(protocol)
    return Arm(
        policy=policy,
        protocol=protocol,
        prompts=prompts.version,
        prompts_hash=prompts.hash,
        test_policy=test_policy,
        decoding=decoding,
        limits=limits,
        serving=serving,
    )


def refuse_unequal(base: Arm, tuned: Arm) -> None:
    """Raise unless two arms differ in their policy alone."""
    one, other = asdict(base), asdict(tuned)
    unequal = sorted(name for name in one if name != "policy" and one[name] != other[name])
    if unequal:
        raise RefusedError(
            f"The arms differ in more than their policy ({', '.join(unequal)}): a difference in "
            "results could not be put down to training. Nothing was called."
        )
