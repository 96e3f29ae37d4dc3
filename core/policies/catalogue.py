"""From an arm's policy name to a policy that answers."""

from __future__ import annotations

from core.errors import UsageError
from core.policies.builtin import BuiltinPolicy
from core.policies.theta import BASE_THETA, Theta
from core.store.database import Store
from core.store.jobs import find_artifact

BUILTIN = "builtin"


async def find_theta(store: Store, name: str) -> Theta:
    """The weights behind `builtin` (untrained) or `builtin:ARTIFACT`."""
    if name == BUILTIN:
        return BASE_THETA
    kind, _, artifact_id = name.partition(":")
    artifact = await find_artifact(store, artifact_id) if kind == BUILTIN and artifact_id else None
    if artifact is None:
        raise UsageError(
            f"There is no policy {name!r}. Known: {BUILTIN}, or {BUILTIN}:ARTIFACT as "
            "`gemel train list` shows it."
        )
    return Theta.from_json(artifact.body)


async def find_policy(store: Store, name: str) -> BuiltinPolicy:
    """The policy of that name; its own name carries the hash of its weights."""
    theta = await find_theta(store, name)
    return BuiltinPolicy(theta, f"{BUILTIN}:{theta.hash[:12]}")
