"""From an arm's policy name to a policy that answers."""

from __future__ import annotations

import os

import msgspec

from core.chat import Policy
from core.config import with_api_keys
from core.errors import RefusedError, UsageError
from core.policies.builtin import BuiltinPolicy
from core.policies.remote import OPENAI, TOGETHER, Address, RemotePolicy, is_remote
from core.policies.theta import BASE_THETA, Theta
from core.store.database import Store
from core.store.jobs import find_artifact
from core.together.records import ARTIFACT_KIND, DEPLOYED, TUNED, RemoteModel, is_leased

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
            f"list` shows it, {TOGETHER}:MODEL, {OPENAI}:MODEL@URL for a server of one's own, and "
            f"on a rented machine {TUNED}:ARTIFACT and {DEPLOYED}:MODEL."
        )
    return Theta.from_json(artifact.body)


async def find_remote_model(store: Store, name: str) -> RemoteModel:
    """What a remote job made, behind `tuned:ARTIFACT`."""
    artifact = await find_artifact(store, name.partition(":")[2] or "-")
    if artifact is None or artifact.kind != ARTIFACT_KIND:
        raise UsageError(
            f"There is no model {name!r} that a remote job made: `gemel train list` shows them."
        )
    try:
        return msgspec.json.decode(artifact.body, type=RemoteModel)
    except msgspec.MsgspecError as error:
        raise UsageError(f"What is stored of {name} cannot be read: {error}") from error


async def refuse_unknown(store: Store, name: str) -> None:
    """Raise when there is no policy of that name; one on a rented machine need not be up."""
    if not is_leased(name):
        await find_policy(store, name)
    elif name.startswith(f"{TUNED}:"):
        await find_remote_model(store, name)


async def find_policy(store: Store, name: str, served_by: str | None = None) -> Policy:
    """The policy of that name; a built-in's own name carries the hash of its weights.

    `served_by`: what a chat names as its model for one on a rented machine, while that is up.
    """
    if is_leased(name):
        await refuse_unknown(store, name)
        if served_by is None:
            raise RefusedError(
                f"{name} answers only while a machine is rented for it: by an evaluation for its "
                f"own time, or with `gemel lease start {name.removeprefix(f'{DEPLOYED}:')}`."
            )
        address = Address(TOGETHER, served_by)
        return RemotePolicy(name, address, address.key(with_api_keys(os.environ)))
    if is_remote(name):
        return RemotePolicy.named(name)
    theta = await find_theta(store, name)
    return BuiltinPolicy(theta, f"{BUILTIN}:{theta.hash[:12]}")
