"""What the built-in programs promise to whoever reads them: form, truth, and no twins."""

from __future__ import annotations

import ast
import copy
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from pprint import pformat
from typing import Any

import pytest

import core.suites.kata

FOLDER = Path(core.suites.kata.__file__).parent
FILES = sorted(path for path in FOLDER.glob("*.py") if path.stem != "__init__")
MODULES = {"math", "collections", "itertools", "heapq", "datetime", "string", "re"}
STRICTNESS = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}

Case = tuple[tuple[Any, ...], Any]


@dataclass(frozen=True, slots=True)
class Kata:
    """A file, taken apart by its form alone."""

    tree: ast.Module
    tail: list[ast.stmt]
    entry: str
    shown: list[Case]
    held_back: list[Case]

    @property
    def cases(self) -> list[Case]:
        return self.shown + self.held_back

    def function(self) -> ast.FunctionDef:
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef) and node.name == self.entry:
                return node
        raise AssertionError(f"no function {self.entry}")


def read(path: Path) -> Kata:
    text = path.read_text(encoding="utf-8")
    start = text.index("\nENTRY = ") + 1
    tail = ast.parse(text[start:]).body
    values = [ast.literal_eval(node.value) for node in tail if isinstance(node, ast.Assign)]
    return Kata(ast.parse(text[:start]), tail, *values)


def load(tree: ast.Module, entry: str) -> Any:
    names: dict[str, Any] = {"__name__": "program"}
    exec(compile(tree, entry, "exec"), names)
    return names[entry]


def blind(tree: ast.Module) -> str:
    """The shape of a program, every name in it reduced to the order of its first use."""
    shape = copy.deepcopy(tree)
    shape.body = shape.body[1:]  # the contract
    order: dict[str, str] = {}
    for node in ast.walk(shape):
        for field in ("id", "arg", "attr", "name"):
            name = getattr(node, field, None)
            if isinstance(name, str):
                setattr(node, field, order.setdefault(name, str(len(order))))
    return ast.dump(shape)


def loosened(tree: ast.Module) -> Iterator[ast.Module]:
    """The program once for each ordering in it, made strict where it was not and vice versa."""
    for number, node in enumerate(ast.walk(tree)):
        for place, operator in enumerate(node.ops if isinstance(node, ast.Compare) else ()):
            if type(operator) in STRICTNESS:
                changed = copy.deepcopy(tree)
                twin = next(itertools.islice(ast.walk(changed), number, None))
                assert isinstance(twin, ast.Compare)
                twin.ops[place] = STRICTNESS[type(operator)]()
                yield changed


def passes(function: Any, case: Case) -> bool:
    arguments, expected = copy.deepcopy(case)
    try:
        return bool(function(*arguments) == expected)
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError):
        return False


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def kata(request: pytest.FixtureRequest) -> Kata:
    return read(request.param)


def test_there_are_at_least_sixty_programs() -> None:
    assert len(FILES) >= 60


def test_a_file_is_named_like_its_entry_and_no_entry_occurs_twice() -> None:
    entries = [read(path).entry for path in FILES]
    assert entries == [path.stem for path in FILES]
    assert len(set(entries)) == len(entries)


def test_behind_the_program_stand_only_entry_and_two_lists_of_literals(kata: Kata) -> None:
    targets = [ast.unparse(node.targets[0]) for node in kata.tail if isinstance(node, ast.Assign)]
    assert targets == ["ENTRY", "SHOWN", "HELD_BACK"]
    assert len(kata.tail) == 3
    assert all(isinstance(arguments, tuple) for arguments, _ in kata.cases)


def test_the_contract_names_every_parameter_a_caller_must_give(kata: Kata) -> None:
    contract = ast.get_docstring(kata.tree) or ""
    arguments = kata.function().args
    required = arguments.args[: len(arguments.args) - len(arguments.defaults)]
    assert [one.arg for one in required if f"`{one.arg}`" not in contract] == []


def test_cases_are_many_and_no_arguments_occur_twice(kata: Kata) -> None:
    assert len(kata.shown) >= 6
    assert len(kata.held_back) >= 6
    calls = [repr(arguments) for arguments, _ in kata.cases]
    assert len(set(calls)) == len(calls)


def test_the_program_keeps_its_contract_in_every_case_and_leaves_arguments_alone(
    kata: Kata,
) -> None:
    function = load(kata.tree, kata.entry)
    for arguments, expected in kata.cases:
        given = copy.deepcopy(arguments)
        returned = function(*given)
        # unlike ==, this tells 1 from True and from 1.0 at every depth
        assert pformat(returned) == pformat(expected), arguments
        assert given == arguments


def test_a_program_imports_nothing_but_plain_standard_modules(kata: Kata) -> None:
    nodes = list(ast.walk(kata.tree))
    imported = {one.name for node in nodes if isinstance(node, ast.Import) for one in node.names}
    imported |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    assert imported <= MODULES


def test_no_program_is_another_one_renamed() -> None:
    shapes: dict[str, str] = {}
    for path in FILES:
        twin = shapes.setdefault(blind(read(path).tree), path.stem)
        assert twin == path.stem


def test_shown_cases_stand_on_both_sides_of_nearly_every_limit() -> None:
    n_changes = n_noticed = n_telling = 0
    for path in FILES:
        kata = read(path)
        if any(isinstance(node, ast.While) for node in ast.walk(kata.tree)):
            continue  # a changed limit may hang it
        for changed in loosened(kata.tree):
            function = load(changed, kata.entry)
            outcomes = [passes(function, case) for case in kata.shown]
            n_changes += 1
            n_noticed += not all(outcomes)
            n_telling += any(outcomes) and not all(outcomes)
    assert n_changes >= 100
    assert n_noticed >= 0.8 * n_changes
    assert n_telling >= 0.95 * n_noticed
