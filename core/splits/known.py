"""Relatives across public suites that no test finds for sure, from a shipped list.

Public suites travel under many names. The list says which names are one suite and how its
items are told apart, so that a copy of a suite is also known as its own twin.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from core.splits.links import Link, LinkKind
from core.task import Task

_NUMBER = re.compile(r"(\d+)\D*$")


@dataclass(frozen=True, slots=True)
class PublicSuite:
    """A public suite and the names it goes by."""

    name: str
    begins: tuple[str, ...]
    """How the names of its copies begin."""
    item: str
    """What tells its items apart: `program`, `number` or `name`."""


@dataclass(frozen=True, slots=True)
class KnownPair:
    """Two items that are the same task, as `suite/item`."""

    one: str
    other: str
    why: str
    source: str


@dataclass(frozen=True, slots=True)
class KnownPairs:
    """The shipped list."""

    suites: tuple[PublicSuite, ...]
    pairs: tuple[KnownPair, ...]

    def item_of(self, task: Task) -> str:
        """Which public item a task is, as `suite/item`; empty for one of no public suite.

        What its suite records of it counts before the suite's name.
        """
        owner, _, item = task.twin.partition("/")
        own = task.task_id.partition("/")[2]
        for called, name, program in ((owner, item, item), (task.suite, own, task.program)):
            suite = self._suite(called)
            if suite is not None and (found := _item(suite, name, program)):
                return f"{suite.name}/{found}"
        return ""

    def _suite(self, called: str) -> PublicSuite | None:
        plain = called.lower().replace("_", "").replace("-", "")
        return next((suite for suite in self.suites if plain.startswith(suite.begins)), None)


@lru_cache(maxsize=1)
def load_known() -> KnownPairs:
    """Read the list."""
    file = resources.files("core.splits") / "known_pairs.toml"
    data = tomllib.loads(file.read_text("utf-8"))
    suites = (PublicSuite(s["name"], tuple(s["begins"]), s["item"]) for s in data["suite"])
    pairs = (KnownPair(p["one"], p["other"], p["why"], p["source"]) for p in data["pair"])
    return KnownPairs(tuple(suites), tuple(pairs))


def known_links(tasks: Iterable[Task], known: KnownPairs) -> list[Link]:
    """Links between copies of one public item, and between the items of a listed pair."""
    found: dict[str, list[str]] = defaultdict(list)
    for task in sorted(tasks, key=lambda task: task.task_id):
        if item := known.item_of(task):
            found[item].append(task.task_id)
    links = [
        Link(first, other, LinkKind.KNOWN, f"both are {item} of the public suites")
        for item, (first, *rest) in sorted(found.items())
        for other in rest
    ]
    for pair in known.pairs:
        if pair.one in found and pair.other in found:
            one, other = found[pair.one][0], found[pair.other][0]
            links.append(Link(one, other, LinkKind.KNOWN, f"{pair.why} ({pair.source})"))
    return links


def _item(suite: PublicSuite, name: str, program: str) -> str:
    if suite.item == "program":
        return program.lower()
    if suite.item == "number":
        number = _NUMBER.search(name)
        return number.group(1) if number else ""
    return name
