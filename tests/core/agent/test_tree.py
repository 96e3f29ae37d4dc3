"""An agent's files: what is among them, what may be changed, and that nothing leads out."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.agent.actions import read_text
from core.agent.state import load_prompts
from core.agent.toolbox import Toolbox
from core.agent.tree import ToolError, Tree
from core.edits.block import EditBlock
from core.edits.difference import apply_change, block_between
from core.policies.tokens import clip_tokens, weigh
from core.task import Oracle, SourceFile, Task

_SHOWN, _HELD = SourceFile("tests/shown.py", "# shown"), SourceFile("tests/held.py", "# held back")
TASK = Task(
    "s/t", "s", "t", "", SourceFile("pkg/main.py", "a = 1\nb = 2\n"), "", Oracle.PYTEST,
    support=(SourceFile("pkg/help.py", "c = 3\n"), SourceFile("pkg/data.txt", "d\n"),
             _SHOWN, _HELD),
    test_path="tests/held.py", shown_test_path="tests/shown.py",
    files=("pkg/main.py", "pkg/help.py", "tests/held.py", "tests/shown.py", "elsewhere.py"),
)  # fmt: skip
TOOLS = load_prompts("tools-json-1").tools


def test_held_back_tests_are_not_there_and_no_test_may_be_changed() -> None:
    tree = Tree(TASK)
    assert tree.paths == ("pkg/data.txt", "pkg/help.py", "pkg/main.py", "tests/shown.py")
    assert TASK.editable == ("pkg/main.py", "pkg/help.py")
    for path in ("tests/held.py", "tests/shown.py", "pkg/data.txt", "elsewhere.py", "pkg"):
        with pytest.raises(ToolError, match=r"not be changed, only pkg/main.py, pkg/help.py"):
            tree.write(path, "x")
    assert tree.patch == ()


def test_without_shown_tests_of_their_own_the_tests_are_shown_unless_they_are_held_back() -> None:
    plain = replace(TASK, shown_test_path="")
    assert "tests/held.py" in Tree(plain).paths
    assert "tests/held.py" not in Tree(replace(plain, keeps_held_back=True)).paths


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../x", "pkg/../../x", "pkg\\..\\x", "/", ".", "pkg/\x00", "a\nb", "x" * 999],
)
def test_no_path_leads_out_of_the_tree(path: str) -> None:
    tree = Tree(TASK)
    for use in (
        lambda: tree.read(path),
        lambda: tree.write(path, "x"),
        lambda: tree.edit(path, "a", "b"),
        lambda: list(tree.grep("a", path)),
    ):
        with pytest.raises(ToolError):
            use()


@given(st.text(max_size=40))
def test_only_the_files_of_the_task_are_ever_read(path: str) -> None:
    tree = Tree(TASK)
    try:
        text = tree.read(path)
    except ToolError:
        return
    assert text in {file.text for file in (TASK.target, *TASK.support)}


def test_a_patch_holds_every_changed_file_the_targets_first_and_gives_it_back() -> None:
    tree = Tree(TASK)
    tree.edit("./pkg/help.py", "c = 3", "c = 4")
    tree.write("pkg/main.py", "a = 1\nb = 3\n")
    assert tree.patch == (
        EditBlock("pkg/main.py", "b = 2", "b = 3"),
        EditBlock("pkg/help.py", "c = 3", "c = 4"),
    )
    assert dict(tree.changed) == {"pkg/main.py": "a = 1\nb = 3\n", "pkg/help.py": "c = 4\n"}
    tree.edit("pkg/help.py", "c = 4", "c = 3")
    assert [block.path for block in tree.patch] == ["pkg/main.py"]


_LINES = st.lists(st.sampled_from(["", "a", "b", "  a", "x = 1", "\r"]), max_size=7).map("\n".join)


@given(_LINES, _LINES)
def test_the_block_between_two_texts_leads_from_one_to_the_other(old: str, new: str) -> None:
    if old != new:
        assert apply_change(block_between("f.py", old, new), old) == new


def done(box: Toolbox, text: str, n_tokens: int = 200) -> str:
    (action,) = read_text(text, TOOLS).actions
    return box.do(action, n_tokens).output


def test_nothing_is_finished_before_a_look() -> None:
    box = Toolbox(Tree(TASK))
    finish = '{"tool": "finish", "arguments": {}}'
    assert done(box, finish).startswith("error: read or search a file first")
    done(box, '{"tool": "list_files", "arguments": {}}')
    assert done(box, finish).startswith("error: ")
    done(box, '{"tool": "read_file", "arguments": {"path": "pkg/nothing.py"}}')
    assert done(box, finish).startswith("error: ")
    assert done(box, _asked("grep", text="zebra")) == "no line has this text"
    assert done(box, finish).startswith("error: "), "a search without a hit has shown nothing"
    done(box, _asked("grep", text="c = 3"))
    assert done(box, finish) == "finished"


def _asked(tool: str, **arguments: str) -> str:
    return json.dumps({"tool": tool, "arguments": arguments})


def test_nothing_is_changed_unseen() -> None:
    box = Toolbox(Tree(TASK))
    edit = _asked("edit_file", path="pkg/./main.py", find="a = 1", replace="a = 2")
    write = _asked("write_file", path="pkg/main.py", text="a = 3\n")
    refusal = "error: read pkg/main.py first: nothing is changed unseen"
    assert done(box, edit) == done(box, write) == refusal
    done(box, _asked("read_file", path="pkg/help.py"))
    assert done(box, edit) == done(box, write) == refusal
    assert box.tree.changed == ()
    done(box, _asked("grep", text="a = 1"))
    assert done(box, edit) == "pkg/./main.py is changed"
    assert done(box, write) == refusal, "a line is no file"
    done(box, _asked("read_file", path="pkg/main.py"))
    assert done(box, write) == "pkg/main.py is written"


def test_reading_and_searching_say_where_and_what_is_left_out() -> None:
    long = replace(TASK, target=SourceFile("m.py", "".join(f"x_{n} = {n}\n" for n in range(500))))
    box = Toolbox(Tree(long))
    text = done(box, '{"tool":"read_file","arguments":{"path":"m.py","first_line":100}}')
    lines = text.split("\n")
    assert lines[0].startswith("m.py, lines 100 to ")
    assert lines[1] == "x_99 = 99"
    assert lines[-1].startswith("… lines ")
    assert weigh(text) <= 200
    found = done(box, '{"tool":"grep","arguments":{"text":"= 49"}}')
    assert "m.py:50: x_49 = 49" in found.split("\n")
    assert "zebra" not in done(box, '{"tool":"grep","arguments":{"text":".*"}}')
    assert done(box, '{"tool":"list_files","arguments":{}}').startswith("* m.py\n")


@given(st.text(max_size=2_000), st.integers(60, 300))
def test_what_is_cut_weighs_no_more_than_it_may(text: str, n_tokens: int) -> None:
    cut = clip_tokens(text, n_tokens)
    assert cut == text if weigh(text) <= n_tokens else weigh(cut) <= n_tokens + 8
