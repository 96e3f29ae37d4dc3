"""What a Python program uses that could reach past the function it is: names, imports, tricks.

Read from its syntax alone, in one pass: big builds of pairs scan thousands of programs.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core import syntax


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MODULES = _words("""
    __main__ asyncio atexit bdb builtins cProfile code codecs codeop compileall concurrent conftest
    core ctypes dbm dis doctest faulthandler fcntl fileinput gc genericpath glob http imp importlib
    inspect io linecache logging marshal mmap modulefinder multiprocessing nt ntpath os pathlib
    pdb pickle pkgutil platform pluggy posix posixpath profile pty py_compile pydoc pytest
    resource runpy select selectors shelve shutil signal site socket sqlite3 ssl subprocess
    sysconfig tarfile tempfile threading timeit tokenize trace traceback tracemalloc tui types
    unittest urllib weakref webbrowser zipapp zipfile zipimport
""")
_PURE = _words("""
    abc array bisect calendar cmath collections copy dataclasses datetime decimal difflib enum
    fractions functools graphlib heapq itertools json keyword math numbers operator random re
    statistics string struct textwrap time typing unicodedata zoneinfo __future__
""")
"""Of the standard library, what may be imported by a star."""
_NAMES = _words("""
    __build_class__ __builtins__ __import__ __loader__ __spec__ _exit _getframe attrgetter
    breakpoint compile eval exec exit globals input locals methodcaller open quit setattr settrace
    setprofile vars
""")
_METHODS = _words("""
    __bool__ __del__ __eq__ __getattribute__ __instancecheck__ __ne__ __reduce__ __reduce_ex__
    __subclasscheck__
""")
_ATTRIBUTES = _METHODS | _words("""
    __base__ __bases__ __builtins__ __class__ __closure__ __code__ __dict__ __excepthook__
    __globals__ __loader__ __mro__ __self__ __spec__ __stderr__ __stdout__ __subclasses__
    __wrapped__ _current_frames _exit _getframe addaudithook ag_frame attrgetter co_code cr_frame
    excepthook exit f_back f_code f_globals f_locals FileIO gi_frame meta_path methodcaller
    modules open open_code path_hooks setprofile settrace stderr stdout tb_frame unraisablehook
""")
_SPOKEN = _NAMES | _METHODS
_DISGUISES = frozenset({"_builtins", "_io", "_os", "_posix", "_subprocess", "_sys"})
"""What modules call such modules inside."""
_OWN_ROOTS = frozenset({"self", "cls"})
_SPECIAL = re.compile(r"__|__[a-z]\w*|\w*[a-z]__")
"""A special name, or a piece that one is put together of."""
_HARMLESS = frozenset({"__main__", "__name__", "__init__", "__doc__"})
_WORDS = re.compile(r"\w+")


def findings(program: str, tree: ast.AST | None = None) -> frozenset[str]:
    """What is found, in a few words each; `tree` is the syntax where that is known already."""
    try:
        return frozenset(_Reader().read(tree or syntax.parse(program)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # Such a program passes no test of ours; its words are looked at all the same.
        words = set(_WORDS.findall(program))
        return frozenset(f"uses {word}" for word in words & _SPOKEN)


@dataclass(slots=True)
class _Reader:
    """One pass over a program; what depends on all its imports is decided at the end."""

    imported: set[str] = field(default_factory=set)
    """Names that stand for the standard library, or for something of it."""
    inner: list[tuple[str, str]] = field(default_factory=list)
    """Names that something was taken from, with what was taken."""
    n_getattr: int = 0
    """How often `getattr` is named and not called on the spot."""

    def read(self, tree: ast.AST) -> Iterator[str]:
        for node in syntax.nodes(tree):
            look = _LOOKS.get(type(node))
            if look is not None:
                yield from look(self, node)
        if self.n_getattr:
            yield "uses getattr as a value"
        for root, name in self.inner:
            if root in self.imported and (_is_private(name) or name in _MODULES or name == "sys"):
                yield f"uses {root}.{name}"

    def see_import(self, node: ast.Import) -> Iterator[str]:
        for alias in node.names:
            top = alias.name.partition(".")[0]
            if top in sys.stdlib_module_names:
                self.imported.add(alias.asname or top)
            if _is_odd(alias.name):
                yield _import(alias.name)

    def see_import_from(self, node: ast.ImportFrom) -> Iterator[str]:
        module = node.module or ""
        top = "" if node.level else module.partition(".")[0]
        if _is_odd(top):
            yield _import(top)
        is_known = top in sys.stdlib_module_names
        for alias in node.names:
            if alias.name in _ATTRIBUTES:
                yield f"uses .{alias.name}"
            elif alias.name == "*" and is_known and top not in _PURE:
                yield f"imports all of {top}"
            elif is_known:
                self.imported |= {top, alias.asname or alias.name}
                self.inner.append((top, alias.name))

    def see_name(self, node: ast.Name) -> Iterator[str]:
        if node.id in _SPOKEN:
            yield f"uses {node.id}"
        elif node.id == "getattr":
            self.n_getattr += 1

    def see_attribute(self, node: ast.Attribute) -> Iterator[str]:
        if node.attr in _ATTRIBUTES:
            yield f"uses .{node.attr}"
        root = node.value
        while isinstance(root, ast.Attribute):
            root = root.value
        if isinstance(root, ast.Name) and root.id not in _OWN_ROOTS:
            self.inner.append((root.id, node.attr))
            if node.attr in _DISGUISES:
                yield f"uses .{node.attr}"

    def see_call(self, node: ast.Call) -> Iterator[str]:
        match node.func:
            case ast.Name(id="type") if len(node.args) != 1 or _is_starred(node.args[0]):
                yield "makes a class by type()"
            case ast.Name(id="getattr"):
                self.n_getattr -= 1
                if len(node.args) < 2 or not isinstance(node.args[1], ast.Constant):
                    yield "uses getattr with a name that is computed"

    def see_definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
        if node.name in _METHODS:
            yield f"defines {node.name}"

    def see_constant(self, node: ast.Constant) -> Iterator[str]:
        text = node.value
        if not isinstance(text, str):
            return
        if text in _ATTRIBUTES:
            yield f"names {text}"
        elif "__" in text:
            if _SPECIAL.fullmatch(text) and text not in _HARMLESS:
                yield f"names {text}"
            for word in set(_WORDS.findall(text)) & _ATTRIBUTES:
                yield f"names {word}"


_LOOKS: Mapping[type[ast.AST], Callable[[_Reader, Any], Iterator[str]]] = {
    ast.Import: _Reader.see_import,
    ast.ImportFrom: _Reader.see_import_from,
    ast.Name: _Reader.see_name,
    ast.Attribute: _Reader.see_attribute,
    ast.Call: _Reader.see_call,
    ast.FunctionDef: _Reader.see_definition,
    ast.AsyncFunctionDef: _Reader.see_definition,
    ast.Constant: _Reader.see_constant,
}


def _is_starred(node: ast.expr) -> bool:
    return isinstance(node, ast.Starred)


def _import(name: str) -> str:
    return f"imports {name.partition('.')[0]}"


def _is_odd(name: str) -> bool:
    top = name.partition(".")[0]
    return top in _MODULES or _is_private(top)


def _is_private(name: str) -> bool:
    """Inside a module; not what is special to all."""
    return name.startswith("_") and not name.endswith("__")
