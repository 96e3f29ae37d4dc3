"""Preference files that come in: every line is a pair or has a reason why not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chat import Message, Role
from core.errors import RefusedError, UsageError
from core.lines import MAX_LINE_BYTES
from core.pairs.formats import PairFormat, lines
from core.pairs.imports import check, import_file, source_of
from core.pairs.intake import read_file
from core.pairs.operations import builds, load_messages
from core.store.pairs import load_pairs
from core.store.splits import MemberRow
from tests.core.pairs.made import opened, pair

PROMPT = [{"role": "system", "content": "repair"}, {"role": "user", "content": "f"}]
TRL: dict[str, Any] = {
    "prompt": PROMPT,
    "chosen": [{"role": "assistant", "content": "good"}],
    "rejected": [{"role": "assistant", "content": "bad"}],
}
TOGETHER: dict[str, Any] = {
    "input": {"messages": PROMPT},
    "preferred_output": TRL["chosen"],
    "non_preferred_output": TRL["rejected"],
}


def written(directory: Path, *rows: object) -> Path:
    file = directory / "pairs.jsonl"
    texts = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    file.write_bytes(b"\n".join(texts) + b"\n")
    return file


@pytest.mark.parametrize("form", PairFormat)
def test_what_is_exported_comes_in_as_the_same_pairs(tmp_path: Path, form: PairFormat) -> None:
    messages = (Message(Role.SYSTEM, "repair"), Message(Role.USER, "f\n```x```"))
    pairs = [pair("a"), pair("b", task_id="s/g")]
    file = tmp_path / "pairs.jsonl"
    file.write_bytes(b"".join(lines(pairs, {"state": messages}, form)))
    found = read_file(file)
    assert (found.format, found.problems) == (form, ())
    assert [(p.messages, p.chosen, p.rejected) for p in found.pairs] == [
        (messages, p.chosen, p.rejected) for p in pairs
    ]
    named = ["s/f", "s/g"] if form is PairFormat.GEMEL else ["", ""]
    assert [p.task_id for p in found.pairs] == named


def test_a_prompt_and_answers_may_be_plain_texts_as_in_trl(tmp_path: Path) -> None:
    file = written(tmp_path, {"prompt": "why", "chosen": "good", "rejected": "bad"})
    (found,) = read_file(file).pairs
    assert found.messages == (Message(Role.USER, "why"),)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"{", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        ([1], "not a JSON object"),
        ({}, "no known form"),
        ({"chosen": "a", "rejected": "b"}, "no prompt"),
        ({**TRL, "prompt": []}, "no message"),
        ({**TRL, "prompt": TRL["chosen"]}, "ends with a message of the assistant"),
        ({**TRL, "prompt": [{"role": "tool", "content": "x"}]}, "role 'tool'"),
        ({**TRL, "prompt": [{"role": "user"}]}, "without content"),
        ({**TRL, "chosen": TRL["rejected"]}, "are the same"),
        ({**TRL, "chosen": []}, "chosen has 0 messages"),
        ({**TRL, "chosen": TRL["chosen"] * 2}, "chosen has 2 messages"),
        ({**TRL, "chosen": " \n"}, "chosen is empty"),
        ({**TRL, "chosen": PROMPT[1:]}, "of the user, not of the assistant"),
        ({**TRL, "chosen": 7}, "chosen"),
        ({**TRL, "task_id": 7}, "task_id is not a text"),
        ({"prompt": "x", "chosen": "y"}, "rejected"),
        ({"input": {"messages": PROMPT}, "preferred_output": []}, "non_preferred_output"),
        (
            {**TRL, "chosen": [{"role": "assistant", "content": "", "tool_calls": [{}]}]},
            "missing required field `function`",
        ),
        (TOGETHER, "is together's form, the file began with trl's"),
        (TRL, "the same pair as line 1"),
        (b"x" * (MAX_LINE_BYTES + 9), "longer than 8 MiB"),
    ],
)
async def test_a_bad_line_is_named_with_its_number_and_reason(
    tmp_path: Path, row: object, reason: str
) -> None:
    last = {**TRL, "prompt": "another"}
    file = written(tmp_path, TRL, b"  ", row, last)
    report = await check(file)
    assert (report.n_pairs, report.n_problems) == (2, 1)
    assert [pair.line for pair in read_file(file).pairs] == [1, 4]
    (problem,) = report.problems
    assert problem.line == 3
    assert reason in problem.reason


async def test_a_file_with_bad_lines_is_refused_unless_they_are_to_be_left_out(
    tmp_path: Path,
) -> None:
    file = written(tmp_path, TRL, {}, {**TRL, "prompt": "another"})
    with opened(tmp_path / "store") as context:
        with pytest.raises(RefusedError, match="line 2: no known form"):
            await import_file(context, file, {}, skip_bad=False)
        assert await builds(context) == []
        report = await import_file(context, file, {}, skip_bad=True)
        (build,) = await builds(context)
    assert (report.build_id, report.file.n_problems) == (build.build_id, 1)
    source = source_of(build)
    assert source is not None
    assert (source.file, source.n_left_out, build.n_pairs) == ("pairs.jsonl", 1, 2)


async def test_pairs_of_a_file_are_a_build_once_with_their_tasks_as_far_as_known(
    tmp_path: Path,
) -> None:
    known = {**TRL, "task_id": "s/f"}
    other = {**TRL, "prompt": "another"}
    file = written(tmp_path, known, other)
    members = {"s/f": MemberRow("split", "s/f", "fam", "train")}
    with opened(tmp_path / "store") as context:
        report = await import_file(context, file, members, skip_bad=False)
        again = await import_file(context, file, members, skip_bad=False)
        pairs = await load_pairs(context.store, report.build_id)
        messages = await load_messages(context, pairs)
    assert (report.is_new, again.is_new, report.build_id) == (True, False, again.build_id)
    assert (report.n_outside, report.file.n_unnamed) == (1, 1)
    assert [(p.task_id.split("/")[0], p.family, p.kind) for p in pairs] == [
        ("s", "fam", "imported"),
        ("unnamed", "", "imported"),
    ]
    assert messages[pairs[0].state][0] == Message(Role.SYSTEM, "repair")


async def test_a_file_that_is_not_there_or_holds_no_pair_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        await check(tmp_path / "missing.jsonl")
    with opened(tmp_path / "store") as context, pytest.raises(UsageError, match="has no pair"):
        await import_file(context, written(tmp_path, {}), {}, skip_bad=True)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda part: (
        st.lists(part, max_size=3)
        | st.dictionaries(st.sampled_from([*TRL, *TOGETHER, "messages", "role", "content"]), part)
    ),
    max_leaves=12,
)


@given(rows=st.lists(st.binary(max_size=40) | _JSON.map(lambda v: json.dumps(v).encode())))
def test_any_file_is_read_to_its_end(rows: list[bytes], tmp_path_factory: Any) -> None:
    file = tmp_path_factory.mktemp("any") / "pairs.jsonl"
    file.write_bytes(b"\n".join(rows))
    found = read_file(file)
    numbers = [p.line for p in found.problems] + [p.line for p in found.pairs]
    texts = file.read_bytes().split(b"\n")
    assert sorted(numbers) == [n for n, text in enumerate(texts, 1) if text.strip()]
