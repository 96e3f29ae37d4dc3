"""Patches are read, turned round and applied line for line, or refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SuiteError
from core.suites.patches import apply_patch, make_patch, parse_patch, reverse_patch

LINES = st.lists(
    st.sampled_from(["a", "b", "\tx = 1", "", "-- y", "++ z", "\x0c", "é"]), max_size=9
)
TEXTS = st.builds(lambda lines, end: "\n".join(lines) + end, LINES, st.sampled_from(["", "\n"]))
TWO = """\
diff --git a/src/one.py b/src/one.py
index 1..2 100644
--- a/src/one.py
+++ b/src/one.py
@@ -1,3 +1,3 @@ def f():
 a
-b
+c
 d
@@ -9 +9,2 @@
 x
+y
--- /dev/null
+++ b/new.py
@@ -0,0 +1 @@
+hello
\\ No newline at end of file
"""


@given(TEXTS, TEXTS)
@settings(max_examples=150)
def test_a_patch_leads_there_and_turned_round_back_again(old: str, new: str) -> None:
    patch = make_patch("p.py", old, new)
    assert bool(patch) == (old != new)
    for file in parse_patch(patch):
        assert apply_patch(file, old) == new
    for file in parse_patch(reverse_patch(patch)):
        assert apply_patch(file, new) == old


def test_files_and_what_they_gain_are_told() -> None:
    one, two = parse_patch(TWO)
    assert (one.path, one.added) == ("src/one.py", ("c\n", "y\n"))
    assert (two.path, two.added) == ("new.py", ("hello",))


def test_a_change_is_found_where_the_file_has_moved() -> None:
    (file,) = parse_patch(make_patch("p", "a\nb\nc\n", "a\nB\nc\n"))
    assert apply_patch(file, "new\nnew\na\nb\nc\n") == "new\nnew\na\nB\nc\n"


def test_a_file_keeps_its_line_ends_whatever_the_patch_has() -> None:
    old, new = "a\nb\nc\nd\n", "a\nB\nB\nc\nd\ne\n"
    (unix,) = parse_patch(make_patch("p", old, new))
    (dos,) = parse_patch(make_patch("p", old.replace("\n", "\r\n"), new.replace("\n", "\r\n")))
    assert apply_patch(unix, old.replace("\n", "\r\n")) == new.replace("\n", "\r\n")
    assert apply_patch(dos, old) == new
    assert apply_patch(unix, "a\r\nb\r\nc\nd\n") == "a\r\nB\r\nB\r\nc\nd\ne\r\n"


def test_a_change_that_does_not_fit_is_refused() -> None:
    (file,) = parse_patch(make_patch("p", "a\nb\n", "a\nc\n"))
    with pytest.raises(SuiteError, match="change 1 of p does not fit"):
        apply_patch(file, "a\nx\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n", "ends in the middle"),
        ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n?a\n", "line 4 of the patch is no line"),
    ],
)
def test_a_broken_patch_names_its_line(text: str, said: str) -> None:
    with pytest.raises(SuiteError, match=said):
        parse_patch(text)


def test_a_text_without_a_patch_has_no_files() -> None:
    assert parse_patch("just words\n--- not a header\n") == ()
