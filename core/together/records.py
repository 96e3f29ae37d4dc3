"""What a remote trainer made, as it is kept and served."""

from __future__ import annotations

from dataclasses import dataclass

TUNED = "tuned"
"""Prefix of a policy that is an artifact of a remote job: `tuned:ARTIFACT`."""
DEPLOYED = "deployed"
"""Prefix of a policy that is a base model on a machine of one's own: `deployed:MODEL`."""
ARTIFACT_KIND = "together-model"


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """A model that a job at Together made; the body of its artifact."""

    remote_job_id: str
    base_model: str
    """What the first job of its line started from."""
    output_name: str
    """Its name there; not what it is deployed by."""
    model_object_id: str = ""
    """`ml_...` of the merged model, by which it is deployed; empty when none was made."""
    model_revision_id: str = ""
    adapter_object_id: str = ""
    """`ml_...` of the adapter, which a running base can load; empty when none was made."""
    adapter_revision_id: str = ""
    step: int | None = None
    """The checkpoint, when it is not the last."""


def is_leased(policy: str) -> bool:
    """Whether a policy is served by an endpoint that is rented by the minute.

    `deployed` alone is the base of the tuned model that it is compared with.
    """
    kind, _, rest = policy.partition(":")
    return policy == DEPLOYED or (bool(rest) and kind in (TUNED, DEPLOYED))
