"""What a Java program uses that could reach past the method it is: packages, classes, tricks.

Read from its words, comments and texts left out: whoever wants reflection, files, processes or
the tests has to name a package or class for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ROOTS = _words("java javax jdk jakarta sun com.sun com.oracle org.junit org.hamcrest junit")
_PACKAGES = _words("""
    java.lang java.math java.text java.time java.util java.util.function java.util.regex
    java.util.stream
""")
"""Of those, what a repair may take from."""
_WORDS = _words("""
    Assert Assertions Assume Class ClassLoader Formatter JUnitCore MethodHandle MethodHandles
    Module ModuleLayer Process ProcessBuilder ProcessHandle Runtime SecurityManager ServiceLoader
    StackTraceElement StackWalker Thread ThreadGroup ThreadLocal Timer TimerTask Unsafe VarHandle
    addShutdownHook defineClass finalize forName getAllStackTraces getClass getClassLoader
    getConstructor getConstructors getField getFields getMethod getMethods getResource
    getResourceAsStream getStackTrace halt loadLibrary native newInstance setAccessible
    setDefault setStackTrace
""")
_BEGINNINGS = ("getDeclared", "getEnclosing", "AssumptionViolated")
_OF_SYSTEM = _words("arraycopy currentTimeMillis err identityHashCode lineSeparator nanoTime out")
"""What of `System` changes nothing."""
_OVERRIDDEN = re.compile(r"\bboolean\s+(equals)\s*\(|\bString\s+(toString)\s*\(\s*\)")
_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\u+([0-9a-fA-F]{4})")
_ASIDE = re.compile(
    r"//[^\n]*|/\*.*?(?:\*/|\Z)"
    r'|"""(?:\\.|[^\\])*?"""|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',
    re.DOTALL,
)
"""Comments and texts."""
_DOT = re.compile(r"\s*(?:\.|::)\s*")
_CHAIN = re.compile(r"[^\W\d][\w$]*(?:\.(?:[^\W\d][\w$]*|\*))*")


def findings(program: str) -> frozenset[str]:
    """What is found, in a few words each; also of text that is no Java."""
    return frozenset(_found(_ASIDE.sub(_blank, _ESCAPE.sub(_character, program))))


def _found(code: str) -> Iterator[str]:
    for match in _OVERRIDDEN.finditer(code):
        yield f"defines {match[1] or match[2]}"
    for chain in set(_CHAIN.findall(_DOT.sub(".", code))):
        yield from _told(chain.split("."))


def _told(parts: list[str]) -> Iterator[str]:
    package = ".".join(_package(parts))
    if _is_foreign(package) and package not in _PACKAGES:
        yield f"uses {package}"
    for word in parts:
        if word in _WORDS or word.startswith(_BEGINNINGS):
            yield f"uses {word}"
    for word, member in zip(parts, [*parts[1:], ""], strict=True):
        if word == "System" and member not in _OF_SYSTEM:
            yield f"uses System.{member}" if member else "uses System"


def _package(parts: list[str]) -> Iterator[str]:
    """The small words that a chain begins with."""
    for part in parts:
        if not part[0].islower():
            return
        yield part


def _is_foreign(package: str) -> bool:
    first, _, rest = package.partition(".")
    return first in _ROOTS or f"{first}.{rest.partition('.')[0]}" in _ROOTS


def _blank(match: re.Match[str]) -> str:
    return " " if match[0].startswith("/") else '""'


def _character(match: re.Match[str]) -> str:
    return match[1] + chr(int(match[2], 16))
