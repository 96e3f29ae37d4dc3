"""Reads the built-in benchmark's programs, and files of the same form from elsewhere.

A file is a program with a docstring, followed by `ENTRY = "name"` and the lists `SHOWN` and
`HELD_BACK` of `(arguments, expected)`. It is read as text and never run: everything before the
line that starts with `ENTRY = ` is the program, everything after it must be literals.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from core.errors import SuiteError
from core.suites.checkout import Checkout, decode, defines, literal, parse_python
from core.task import Case

_ENTRY = re.compile(r"^ENTRY = ", re.MULTILINE)
_LISTS = {"SHOWN": True, "HELD_BACK": False}


@dataclass(frozen=True, slots=True)
class KataProgram:
    """A correct program with cases, from which a forge makes tasks."""

    name: str
    source: str
    entry_point: str
    description: str
    """The docstring of the module, or of the entry function where the module has none."""
    cases: tuple[Case, ...]


def read_programs() -> tuple[KataProgram, ...]:
    """All built-in programs, sorted by name."""
    folder = resources.files("core.suites.kata")
    files = sorted(
        (one for one in folder.iterdir() if one.name.endswith(".py")), key=lambda one: one.name
    )
    return tuple(
        _read(file.name, decode(file.name, file.read_bytes()))
        for file in files
        if not file.name.startswith("_")
    )


def read_program(path: Path) -> KataProgram:
    """One program of the user's own; a `SuiteError` names file and line of what is wrong."""
    return _read(str(path), Checkout(path.parent).read(path.name))


def _read(name: str, text: str) -> KataProgram:
    tree = parse_python(name, text)
    start = _ENTRY.search(text)
    if start is None:
        raise SuiteError(f"{name}:{text.count(chr(10)) + 1} ends without a line `ENTRY = ...`")
    source = text[: start.start()].rstrip("\n") + "\n"
    program = parse_python(name, source)
    values = _assigned(name, tree, first_line=text.count("\n", 0, start.start()) + 1)
    entry_point = literal(name, values["ENTRY"])
    if not isinstance(entry_point, str) or not defines(program, entry_point):
        raise SuiteError(f"{name}:{values['ENTRY'].lineno} names no function of the program")
    cases = [case for one in _LISTS for case in _cases(name, values[one], shown=_LISTS[one])]
    return KataProgram(
        Path(name).stem, source, entry_point, _description(program, entry_point), tuple(cases)
    )


def _assigned(name: str, tree: ast.Module, first_line: int) -> dict[str, ast.expr]:
    """What the lines after the program assign, which must be these three names and no more."""
    values: dict[str, ast.expr] = {}
    for node in tree.body:
        if node.lineno < first_line:
            continue
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if (
                target in ("ENTRY", *_LISTS) and target not in values
            ):
                values[target] = value
            case _:
                raise SuiteError(f"{name}:{node.lineno} is not ENTRY, SHOWN or HELD_BACK, once")
    for target in _LISTS:
        if target not in values:
            raise SuiteError(f"{name}:{first_line} is not followed by {target}")
    return values


def _cases(name: str, node: ast.expr, *, shown: bool) -> Iterator[Case]:
    if not isinstance(node, ast.List) or not node.elts:
        raise SuiteError(f"{name}:{node.lineno} is not a list of cases")
    for case in node.elts:
        match case:
            case ast.Tuple(elts=[ast.Tuple() as args, expected]):
                literal(name, args)
                literal(name, expected)
                # Written back from the syntax, since a set has no fixed `repr`.
                yield Case(ast.unparse(args), ast.unparse(expected), shown)
            case _:
                raise SuiteError(f"{name}:{case.lineno} is not (arguments, expected)")


def _description(program: ast.Module, entry_point: str) -> str:
    texts = [ast.get_docstring(program)]
    for node in program.body:
        if isinstance(node, ast.FunctionDef) and node.name == entry_point:
            texts.append(ast.get_docstring(node))
    return next((text for text in texts if text), "")
