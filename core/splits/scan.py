"""Runs every test of relation over tasks, in small steps, so that whoever waits can look away.

First what is certain: programs of one name, what suites record, equal programs, the shipped
list. What that joins is then compared as one, by shape and by contract; those tests only
propose.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core.errors import RefusedError
from core.splits.groups import Groups
from core.splits.kin import kin_links, program_links
from core.splits.known import known_links, load_known
from core.splits.likeness import Alike, alike_contracts, alike_programs
from core.splits.links import Link, LinkKind, TestDone
from core.splits.reading import Reading, has_same_tree, read
from core.task import Reference, SourceFile, Task

VERSION = 2
"""Of the tests; a result of another version is not used again."""

_COPIES = (LinkKind.EXACT, LinkKind.LAYOUT, LinkKind.RENAMED)


@dataclass(frozen=True, slots=True)
class Step:
    """How far a scan is."""

    n_done: int
    n_total: int


@dataclass(frozen=True, slots=True)
class _Text:
    """One program text of a task."""

    task_id: str
    what: str
    text: str
    is_program: bool = True


@dataclass(frozen=True, slots=True)
class Kind:
    """Programs that are certainly related, by the one that stands for them."""

    root: str
    """The first task of them all."""
    task: Task
    reading: Reading
    """Of the reference, or of the buggy program where there is none."""
    is_main: bool = True
    """Whether it is the target's; a task with several files has a kind for each."""

    @property
    def arity(self) -> int | None:
        """How many arguments the entry point takes; None where that is not known."""
        return self.reading.arities.get(self.task.entry_point or self.task.program)


@dataclass(slots=True)
class Scan:
    """One comparison of tasks; `steps` does the work, after which the rest can be read."""

    tasks: Sequence[Task]
    """In order of ids."""
    references: Mapping[str, Reference]
    asks: bool = True
    """Whether likely relatives are looked for, too."""
    links: list[Link] = field(default_factory=list)
    tests: list[TestDone] = field(default_factory=list)
    kinds: list[Kind] = field(default_factory=list)
    """One of each certain family and program text."""
    _readings: dict[str, Reading] = field(default_factory=dict)

    def steps(self) -> Iterator[Step]:
        """Do the next piece of work, a few milliseconds each."""
        texts = self._texts()
        total = len(texts) + 2 * len(self.tasks)
        for at, text in enumerate(texts):
            if text.is_program and text.text not in self._readings:
                self._readings[text.text] = read(text.text, with_tokens=self.asks)
                yield Step(at, total)
        self._find_certain(texts)
        if not self.asks:
            return
        self.kinds = self._distinct()
        yield Step(len(texts), total)
        tokens = [kind.reading.tokens for kind in self.kinds]
        yield from self._propose(LinkKind.SHAPE, alike_programs(tokens), (len(texts), total))
        contracts = [kind.task.description if kind.is_main else "" for kind in self.kinds]
        found = alike_contracts(contracts, [kind.arity for kind in self.kinds])
        yield from self._propose(LinkKind.CONTRACT, found, (len(texts) + len(self.tasks), total))
        yield Step(total, total)

    def _texts(self) -> list[_Text]:
        texts = [_Text(task.task_id, "program", task.target.text) for task in self.tasks]
        for task in self.tasks:
            texts += [_Text(task.task_id, file.path, file.text) for file in further_files(task)]
            if (reference := self.references.get(task.task_id)) is not None:
                what = "patch" if reference.is_patch else "reference"
                texts.append(_Text(task.task_id, what, reference.text, not reference.is_patch))
                texts += [_Text(task.task_id, f"right {f.path}", f.text) for f in reference.others]
        return texts

    def _find_certain(self, texts: Sequence[_Text]) -> None:
        n_tasks = len(self.tasks)
        self._add(LinkKind.PROGRAM, program_links(self.tasks), n_tasks)
        self._add(LinkKind.KIN, kin_links(self.tasks), n_tasks)
        copies = list(self._copies(texts))
        for kind in _COPIES:
            self._add(kind, (link for link in copies if link.kind is kind), n_tasks)
        self._add(LinkKind.KNOWN, known_links(self.tasks, load_known()), n_tasks)

    def _add(self, kind: LinkKind, links: Iterable[Link], n_tasks: int) -> None:
        found = list(links)
        self.links += found
        self.tests.append(TestDone(kind, n_tasks, "tasks", len(found)))

    def _copies(self, texts: Sequence[_Text]) -> Iterator[Link]:
        alike: dict[str, list[_Text]] = defaultdict(list)
        for text in texts:
            mark = self._readings[text.text].blinded if text.is_program else text.text.strip()
            if mark:
                alike[mark].append(text)
        for first, *rest in alike.values():
            yield from (self._copy(first, text) for text in rest if text.task_id != first.task_id)

    def _copy(self, one: _Text, other: _Text) -> Link:
        kind, words = LinkKind.RENAMED, "the same program up to names and layout"
        if one.text.strip() == other.text.strip():
            kind, words = LinkKind.EXACT, "the same text"
        elif one.is_program and other.is_program and has_same_tree(one.text, other.text):
            kind, words = LinkKind.LAYOUT, "the same program up to layout"
        evidence = (
            f"the {one.what} of {one.task_id} and the {other.what} of {other.task_id} are {words}"
        )
        return Link(one.task_id, other.task_id, kind, evidence)

    def _distinct(self) -> list[Kind]:
        groups = Groups(task.task_id for task in self.tasks)
        for link in self.links:
            groups.join(link.one, link.other)
        kinds: dict[tuple[str, str], Kind] = {}
        for task in self.tasks:
            reference = self.references.get(task.task_id)
            is_known = reference is not None and not reference.is_patch
            reading = self._readings[
                reference.text if reference is not None and is_known else task.target.text
            ]
            root = groups.root(task.task_id)
            kinds.setdefault((root, reading.blinded), Kind(root, task, reading))
            for file in further_files(task):
                other = self._readings[file.text]
                kinds.setdefault((root, other.blinded), Kind(root, task, other, is_main=False))
        return list(kinds.values())

    def _propose(
        self, kind: LinkKind, found: Iterator[list[Alike]], place: tuple[int, int]
    ) -> Iterator[Step]:
        links: dict[tuple[str, str], Link] = {}
        n_before, total = place
        for at, alike in enumerate(found):
            for likeness in alike:
                one, other = sorted(self.kinds[n].root for n in (likeness.one, likeness.other))
                if one != other:  # two programs of one family need not be asked about
                    link = Link(one, other, kind, likeness.evidence, is_certain=False)
                    links.setdefault((one, other), link)
            if at % 20 == 0:
                yield Step(n_before + at, total)
        n_kinds = len(self.kinds)
        self.links += links.values()
        self.tests.append(TestDone(kind, n_kinds * (n_kinds - 1) // 2, "pairs", len(links)))


def further_files(task: Task) -> list[SourceFile]:
    """The files beside the target that the fix changes, as far as their text is known."""
    own = {task.target.path, task.test_path, task.shown_test_path}
    wanted = set(task.files) - own
    return [file for file in task.support if file.path in wanted]


def begin_scan(tasks: Iterable[Task], references: Iterable[Reference] = ()) -> Scan:
    """A scan of tasks, in whatever order they come; references of other tasks are ignored."""
    by_id: dict[str, Task] = {}
    for task in tasks:
        if task.task_id in by_id:
            raise RefusedError(f"Two tasks are called {task.task_id}; task ids must be unique")
        by_id[task.task_id] = task
    ordered = [by_id[task_id] for task_id in sorted(by_id)]
    known = {r.task_id: r for r in references if r.task_id in by_id}
    return Scan(ordered, known)


def scan_all(
    tasks: Iterable[Task], references: Iterable[Reference] = (), *, asks: bool = True
) -> Scan:
    """A scan that is done."""
    scan = begin_scan(tasks, references)
    scan.asks = asks
    for _ in scan.steps():
        pass
    return scan
