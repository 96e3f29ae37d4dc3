"""From an arm's policy name to a policy that answers."""

from __future__ import annotations

from core.chat import Policy
from core.errors import UsageError
from core.policies.builtin import BuiltinPolicy
from core.policies.remote import OPENAI, TOGETHER, RemotePolicy, is_remote
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
            f"There is no policy {name!r}. Known: {BUILTIN}, {BUILTIN}:ARTIFACT as `gemel train "
            f"list` shows it, {TOGETHER}:MODEL, and {OPENAI}:MODEL@URL for a server of one's own."
        )
    return Theta.from_json(artifact.body)


async def find_policy(store: Store, name: str) -> Policy:
    """The policy of that name; a built-in's own name carries the hash of its weights."""
    if is_remote(name):
        return RemotePolicy.named(name)
    theta = await find_theta(store, name)
    return BuiltinPolicy(theta, f"{BUILTIN}:{theta.hash[:12]}")
