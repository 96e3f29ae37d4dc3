"""Links that suites themselves record of their tasks: program, problem, file, commit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from core.splits.links import Link, LinkKind
from core.task import Task


def program_name(task: Task) -> str:
    """`suite/program`: a program name alone is not unique between suites."""
    return f"{task.suite}/{task.program}"


def program_links(ordered: Sequence[Task]) -> Iterator[Link]:
    """Each bug of a program to the first one of it."""
    return _grouped(
        ordered,
        LinkKind.PROGRAM,
        lambda task: [program_name(task)],
        lambda name: f"both are bugs of the program {name}",
    )


def kin_links(ordered: Sequence[Task]) -> Iterator[Link]:
    """Tasks of one problem, of one file and of one commit, in whatever suites."""
    yield from _grouped(
        ordered, LinkKind.KIN, lambda task: [task.twin], lambda twin: f"both are the problem {twin}"
    )
    yield from _grouped(ordered, LinkKind.KIN, _files, lambda file: f"both patch {file}")
    yield from _grouped(ordered, LinkKind.KIN, _commit, lambda commit: f"both start from {commit}")


def _files(task: Task) -> list[str]:
    """Every file that the fix changes, the target among them."""
    paths = dict.fromkeys((task.target.path, *task.files))
    return [f"{task.repo}:{path}" for path in paths if task.repo and path]


def _commit(task: Task) -> list[str]:
    return [f"{task.repo}@{task.base_commit}"] if task.repo and task.base_commit else []


def _grouped(
    ordered: Sequence[Task],
    kind: LinkKind,
    keys: Callable[[Task], Sequence[str]],
    evidence: Callable[[str], str],
) -> Iterator[Link]:
    groups: dict[str, list[str]] = defaultdict(list)
    for task in ordered:
        for name in filter(None, keys(task)):
            groups[name].append(task.task_id)
    for name, (first, *rest) in groups.items():
        for other in rest:
            yield Link(first, other, kind, evidence(name))
