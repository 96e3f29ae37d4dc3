"""Every edit leads to another program, and the edits a fix needs are among them."""

from __future__ import annotations

import ast
import warnings

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.edits.edit import Kind
from core.edits.enumerate import MAX_CHARS, enumerate_edits
from tests.core.edits.programs import PROGRAMS, kata_programs
from tests.quixbugs_checkout import needs_quixbugs, quixbugs_rows


def parses(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except SyntaxError:
            return False
    return True


def results(source: str) -> list[str]:
    return [edit.apply(source) for edit in enumerate_edits(source)]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(PROGRAMS)
def test_every_edit_of_any_program_leads_to_another_program(source: str) -> None:
    assume(parses(source))
    texts = results(source)
    assert source not in texts
    assert [text for text in texts if not parses(text)] == []


@pytest.mark.parametrize(
    "expression",
    [
        "a+(b)if(a)else(b)",
        "not(a)if(b)else not(a)",
        "[]if(not(a))else[b]",
        "a in(b)and(a)or(b)",
        "max(a,(b))if a else max((a))",
        "-(a)**-(b)",
        "(a if b else b)[a:]+[0][(b):]",
        "[a for(a)in(b)if(a)<(b)]",
        "(lambda:a)()+(lambda b:b)(a)",
        "(a,b)<((b),a)",
    ],
)
def test_words_and_brackets_without_blanks_between_them_stay_apart(expression: str) -> None:
    source = f"def f(a, b):\n    return {expression}\n"
    assert [text for text in results(source) if not parses(text)] == []


@pytest.mark.parametrize("source", kata_programs()[::12])
def test_every_edit_of_the_benchmark_parses_and_no_two_are_the_same(source: str) -> None:
    texts = results(source)
    assert len(texts) > 20
    assert len(set(texts)) == len(texts)
    assert all(map(parses, texts))


def test_the_order_is_by_position_and_does_not_depend_on_the_run() -> None:
    source = kata_programs()[0]
    first = enumerate_edits(source)
    enumerate_edits.cache_clear()
    assert enumerate_edits(source) == first
    assert [edit.start for edit in first] == sorted(edit.start for edit in first)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=60))
def test_any_text_is_taken(source: str) -> None:
    assert parses(source.replace("\0", "")) or enumerate_edits(source) == ()


@pytest.mark.parametrize(
    "source",
    [
        "def f(:\n",
        "x = 1\0\n",
        "x = 1\r\ny = 2\r\n",
        "x = '''\n=======\n''' + 1\n",
        "x = '''\n<<<<<<< SEARCH\n''' + 1\n",
        "x = " + "(" * 500 + "1" + ")" * 500 + "\n",
        "x = 1" + " + 1" * 2000 + "\n",
        "x = 1\n" * (MAX_CHARS // 5),
        "\ud800 = 1\n",
    ],
)
def test_text_that_cannot_be_edited_has_no_edits(source: str) -> None:
    assert enumerate_edits(source) == ()


FUNCTION = "def f(n, items, name: str, low=0):\n    total = 0\n    {}\n    return total\n"


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("if n < low: pass", "if n <= low: pass", Kind.COMPARE_STRICT),
        ("if n < low: pass", "if n > low: pass", Kind.COMPARE_FLIP),
        ("if n not in items: pass", "if n in items: pass", Kind.COMPARE_NEGATE),
        ("if n is None: pass", "if n is not None: pass", Kind.COMPARE_NEGATE),
        ("if n == 0: pass", "if n <= 1: pass", Kind.COMPARE_STEP),
        ("n = items[0]", "n = items[1]", Kind.CONST_STEP),
        ("n = items[-1]", "n = items[-2]", Kind.CONST_STEP),
        ("n = max(total, n)", "n = max(total, low)", Kind.VAR_SWAP),
        ("total = n", "low = n", Kind.TARGET_SWAP),
        ("n = pow(n, total)", "n = pow(total, n)", Kind.ARG_SWAP),
        ("n, low = low, n", "n, low = n, low", Kind.ARG_SWAP),
        ("n = n - (low - 1)", "n = (low - 1) - n", Kind.OPERAND_SWAP),
        ("n = low - 1 - n", "n = n - (low - 1)", Kind.OPERAND_SWAP),
        ("if n and low: pass", "if n or low: pass", Kind.BOOL_SWAP),
        ("if n: pass", "if not n: pass", Kind.NEGATE),
        ("if n and low: pass", "if not (n and low): pass", Kind.NEGATE),
        ("if not n: pass", "if n: pass", Kind.NEGATE),
        ("if n and low and name: pass", "if n and name: pass", Kind.DROP_TERM),
        ("if n or low: pass", "if low: pass", Kind.DROP_TERM),
        ("n = 1 + (n - 2)", "n = (n - 2)", Kind.DROP_OPERAND),
        ("n = n * (low + 1)", "n = n // (low + 1)", Kind.OP_SWAP),
        ("n ^= 1", "n &= 1", Kind.OP_SWAP),
        ("n = any(items)", "n = all(items)", Kind.CALL_SWAP),
        ("n = name.lower()", "n = name.upper()", Kind.ATTR_SWAP),
        ("n = list(items).pop", "n = items.pop", Kind.UNWRAP),
        ("n *= (low + 1)", "n = (low + 1)", Kind.AUGMENT),
        ("total = n", "total += n", Kind.AUGMENT),
        ("for n in items: break", "for n in items: continue", Kind.JUMP_SWAP),
        ("n = abs(low)", "n = abs(low + 1)", Kind.EXPR_STEP),
        ("n = low * total", "n = (low - 1) * total", Kind.EXPR_STEP),
        ("n = f(n, low)", "n = f(n, low - total)", Kind.EXPR_VAR),
        ("if n: return []", "if n: return [items]", Kind.RETURN_CONST),
        ("if n: return True", "if n: return total == 0", Kind.RETURN_CONST),
        ("if n < 0: pass", "if n < 0 or not items: pass", Kind.GUARD),
        ("if n.next is None: pass", "if n is None or n.next is None: pass", Kind.GUARD),
        ("while True: pass", "while items: pass", Kind.COND_VAR),
        ("for n in list(items): pass", "for n in list(items[1:]): pass", Kind.SLICE_ADD),
        ("n = len(items[1:])", "n = len(items)", Kind.SLICE_DROP),
        ("n = items[low:]", "n = items[:low]", Kind.SLICE_DROP),
        ("for n in range(low): pass", "for n in range(1, low): pass", Kind.RANGE_BOUND),
        ("for n in range(1, low): pass", "for n in range(low): pass", Kind.RANGE_BOUND),
        ("total = n + 1", "total = max(total, n + 1)", Kind.MINMAX_WRAP),
        ("if n < low: pass", "if n ** 2 < low: pass", Kind.POWER),
    ],
)
def test_a_program_has_the_edit(old: str, new: str, kind: Kind) -> None:
    source = FUNCTION.format(old)
    wanted = FUNCTION.format(new)
    assert {e.kind for e in enumerate_edits(source) if e.apply(source) == wanted} == {kind}


def test_statements_are_deleted_with_their_line_and_exchanged_with_the_next() -> None:
    source = "def f(a):\n    b = a\n    if b:\n        a = 1\n    return a\n"
    texts = results(source)
    assert "def f(a):\n    if b:\n        a = 1\n    return a\n" in texts
    assert "def f(a):\n    b = a\n    return a\n" in texts
    assert "def f(a):\n    b = a\n    if b:\n        pass\n    return a\n" in texts
    assert "def f(a):\n    if b:\n        a = 1\n    b = a\n    return a\n" in texts


def test_docstrings_comments_annotations_and_f_strings_stay_as_they_are() -> None:
    kept = ['"""Adds 1 to n."""', "# n and 1", "n: int = 1", 'f"{n + 1}"']
    source = f"def f({kept[2]}):\n    {kept[0]}\n    a = 2  {kept[1]}\n    return {kept[3]}, a\n"
    wholes = [text for text in results(source) if kept[3] in text]
    assert len(wholes) > 5
    assert all(kept[0] in text and kept[1] in text and "n: int" in text for text in wholes)
    assert not any("{n + 2}" in text or "{a + 1}" in text for text in results(source))


def test_a_variable_is_put_only_where_it_is_bound_and_may_hold_the_right_thing() -> None:
    source = (
        "def f(items):\n    n = 0\n    a = n\n    late = 1\n"
        "    rest = [x for x in items]\n    return rest\n"
    )
    texts = results(source)
    assert source.replace("a = n", "a = late") not in texts
    assert source.replace("a = n", "a = items") not in texts
    assert source.replace("a = n", "a = x") not in texts
    assert source.replace("return rest", "return items") in texts


@needs_quixbugs
def test_most_quixbugs_fixes_are_one_edit_away() -> None:
    n_reached, counts = 0, []
    for row in quixbugs_rows():
        source, wanted = row.buggy_code, ast.dump(ast.parse(row.correct_code))
        texts = results(source)
        counts.append(len(texts))
        n_reached += any(ast.dump(ast.parse(text)) == wanted for text in texts)
    assert n_reached >= 32
    assert 80 < sorted(counts)[len(counts) // 2] < 250
