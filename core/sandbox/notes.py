"""What is said about a confinement: warnings, and why runs are refused."""

from __future__ import annotations

import os

from core.sandbox.client import Hello
from core.sandbox.zygote.wire import Level
from core.text import clean, one_line

_REASON_CHARS = 300
_HOW_TO_ALLOW = (
    "set `allow_unsandboxed = true` in gemel.toml, or GEMEL_ALLOW_UNSANDBOXED=1 in the "
    "environment of the engine"
)


def warn(hello: Hello, allows_unconfined: bool) -> tuple[str, ...]:
    """What a user should know; empty when all is well."""
    notes = []
    if not hello.level.is_confined:
        notes.append(_unconfined(hello, allows_unconfined))
    elif hello.level is not Level.LANDLOCK:
        notes.append(f"not the best level, and no Java test is run at it: {_reasons(hello)}")
    if hello.level is Level.SEATBELT:
        notes.append("memory is watched, not limited: a run may exceed it for some milliseconds")
    if os.geteuid() == 0:
        notes.append(
            "running as root: the confinement binds root, too, but what the kernel overlooks "
            "costs more; a plain user is safer"
        )
    return tuple(notes)


def refusal(hello: Hello) -> str:
    """Why no model-written code runs here."""
    return (
        f"This machine cannot confine model-written code ({_reasons(hello)}). Nothing was run. "
        f"To run it with the rights of your user all the same, {_HOW_TO_ALLOW}; every rollout "
        "then says so."
    )


def _unconfined(hello: Hello, allows_unconfined: bool) -> str:
    if allows_unconfined:
        return (
            f"model-written code runs with the rights of your user, as allow_unsandboxed asks: "
            f"it can read your files and keys ({_reasons(hello)})"
        )
    return f"model-written code will not be run ({_reasons(hello)}); to allow it, {_HOW_TO_ALLOW}"


def _reasons(hello: Hello) -> str:
    return one_line(clean("; ".join(hello.lacks)), _REASON_CHARS) or "no reason is known"
