"""Whose key it is: the organisation that pays, and the project that holds endpoints."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from core.errors import UsageError
from core.text import clean
from core.together.client import Connection
from core.together.failures import checked, listed, service

PROJECT = "TOGETHER_PROJECT_ID"


@dataclass(frozen=True, slots=True)
class Identity:
    """A key's owner; nothing of the key itself."""

    kind: str
    organisation: str
    organisation_id: str
    project_id: str = ""
    """Empty when the key belongs to no single project."""
    project_slug: str = ""


async def who(here: Connection) -> Identity:
    """Whose key this is; a `ServiceError` with status 401 when it is nobody's."""
    with service(here.library, "the key could not be checked"):
        answer = checked("the key could not be checked", await here.read.whoami())
    organisation = getattr(answer, "organization", None)
    project = getattr(answer, "project", None)
    return Identity(
        kind=_text(answer, "type"),
        organisation=_text(organisation, "name"),
        organisation_id=_text(organisation, "id"),
        project_id=_text(project, "id"),
        project_slug=_text(project, "slug"),
    )


async def find_project(here: Connection) -> str:
    """The project that endpoints are made in: the one set, else the key's, else the only one."""
    if chosen := os.environ.get(PROJECT, "").strip():
        return chosen
    identity = await who(here)
    if identity.project_id:
        return identity.project_id
    what = "projects could not be listed"
    found = await listed(here.library, what, here.read.projects.list())
    names = [_text(project, "id") for project in found]
    if len(names) != 1:
        raise UsageError(
            f"The key belongs to {len(names)} projects; set {PROJECT} to one of them "
            f"({', '.join(names) or 'there is none'}), then try again. Nothing was changed."
        )
    return names[0]


def _text(owner: Any, name: str) -> str:
    value = getattr(owner, name, None)
    return clean(value) if isinstance(value, str) else ""
