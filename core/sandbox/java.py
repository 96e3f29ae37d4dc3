"""Finds what Java tasks need on this machine: a compiler, a runtime and the JUnit 4 library."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import RefusedError

_JUNIT = "org/junit/runner/JUnitCore.class"
_HAMCREST = "org/hamcrest/SelfDescribing.class"
_SYSTEM = (Path("/usr/share/java"), Path("/usr/local/share/java"), Path("/opt/homebrew/share/java"))
_MAVEN = ("junit/junit/4.*/junit-4.*.jar", "org/hamcrest/hamcrest*/*/hamcrest*.jar")


@dataclass(frozen=True, slots=True)
class Java:
    """The tools, by their full paths."""

    javac: str
    java: str
    jars: tuple[str, ...]


def find_java(environment: Mapping[str, str] | None = None) -> Java:
    """The tools; a `RefusedError` says in one line which of them are missing."""
    known = os.environ if environment is None else environment
    path = known.get("PATH", os.defpath)
    javac, java = shutil.which("javac", path=path), shutil.which("java", path=path)
    jars = _jars(known)
    missing = [name for name, found in (("javac", javac), ("java", java)) if found is None]
    missing = [f"{name} on the PATH" for name in missing]
    if not jars:
        missing.append("JUnit 4 (Debian: junit4; or its jars in CLASSPATH)")
    if javac is None or java is None or not jars:
        raise RefusedError(
            f"Java tasks cannot be run: {' and '.join(missing)} is missing. "
            "Importing and dividing them works without."
        )
    return Java(javac, java, jars)


def _jars(environment: Mapping[str, str]) -> tuple[str, ...]:
    """A jar with JUnit 4, and one with what it needs where that is another; else nothing."""
    candidates = list(_candidates(environment))
    junit = next((jar for jar in candidates if _has(jar, _JUNIT)), None)
    if junit is None:
        return ()
    if _has(junit, _HAMCREST):
        return (str(junit),)
    helper = next((jar for jar in candidates if _has(jar, _HAMCREST)), None)
    return (str(junit),) if helper is None else (str(junit), str(helper))


def _candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    for entry in environment.get("CLASSPATH", "").split(os.pathsep):
        place = Path(entry)
        if entry.endswith((".jar", "*")):
            yield from sorted(place.parent.glob("*.jar")) if place.name == "*" else (place,)
    for folder in _SYSTEM:
        yield from sorted((*folder.glob("junit*.jar"), *folder.glob("hamcrest*.jar")))
    home = environment.get("HOME")
    for pattern in _MAVEN if home else ():
        yield from sorted((Path(home or "/") / ".m2/repository").glob(pattern))


def _has(jar: Path, name: str) -> bool:
    try:
        with zipfile.ZipFile(jar) as archive:
            archive.getinfo(name)
    except (OSError, KeyError, zipfile.BadZipFile):
        return False
    return True
