"""Reads a program once, for every test that compares programs.

What is kept: the text, its syntax without the author's names, and its tokens with every
identifier blinded. Programs of other languages, and broken ones, have tokens only.
"""

from __future__ import annotations

import ast
import keyword
import re
import warnings
from dataclasses import dataclass

from core import syntax
from core.splits.fingerprint import blind, drop_documentation, token_fingerprint

_TOKEN = re.compile(
    r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    r"|[^\W\d]\w*|\d[\w.]*|[-+*/%&|^=<>!:]=|\*\*|//|->|&&|\|\||[^\w\s]"
)
_HASH_COMMENT = re.compile(r"#.*")
_C_COMMENT = re.compile(r"//.*|/\*[\s\S]*?\*/")
_C_LIKE = re.compile(r"[;{]\s*$", re.MULTILINE)
_QUOTES = ('"', "'")
_WORDS = frozenset(keyword.kwlist) | frozenset(
    _TOKEN.findall(
        "abstract boolean break byte case catch char class const continue default do double "
        "else enum extends final finally float for if implements import instanceof int "
        "interface long new null package private protected public return short static super "
        "switch this throw throws true false try void volatile while"
    )
)
_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
_LONGEST = 200_000
"""Characters of a program that are looked at: beyond it there is no program but data."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One program; equal marks mean equal programs, an empty mark means nothing."""

    text: str
    blinded: str
    """Its syntax without layout, documentation and its own names; else its blinded tokens."""
    tokens: tuple[str, ...]
    """In order, where asked for; identifiers are `n`, strings `s`."""
    arities: dict[str, int]
    """How many arguments each function at the top takes."""


def read(text: str, *, with_tokens: bool = True) -> Reading:
    """Take a program apart."""
    try:
        tree = _parsed(text)
        arities = _arities(tree)
        tokens = tokens_of(ast.unparse(tree)) if with_tokens else ()
        return Reading(text.strip(), f"ast {blind(tree)}" if tree.body else "", tokens, arities)
    except _UNREADABLE:
        cut = text[:_LONGEST]
        tokens = tokens_of(_bare(cut)) if with_tokens else ()
        return Reading(text.strip(), token_fingerprint(cut), tokens, {})


def has_same_tree(one: str, other: str) -> bool:
    """Whether two programs differ in layout, comments and documentation alone."""
    try:
        return ast.dump(_parsed(one)) == ast.dump(_parsed(other))
    except _UNREADABLE:
        return False


def tokens_of(program: str) -> tuple[str, ...]:
    """The tokens of a program without comments, names and strings blinded."""
    return tuple(_blinded(token) for token in _TOKEN.findall(program))


def _parsed(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the program's style is not this process's concern
        tree = syntax.parse(text[:_LONGEST])
    drop_documentation(tree)
    return tree


def _blinded(token: str) -> str:
    if token.startswith(_QUOTES):
        return "s"
    is_name = token[0].isalpha() or token[0] == "_"
    return "n" if is_name and token not in _WORDS else token


def _bare(program: str) -> str:
    """Without comments, as far as they can be told from code."""
    is_c_like = len(_C_LIKE.findall(program)) > 1
    return (_C_COMMENT if is_c_like else _HASH_COMMENT).sub(" ", program)


def _arities(tree: ast.Module) -> dict[str, int]:
    return {
        node.name: len(node.args.posonlyargs) + len(node.args.args)
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
