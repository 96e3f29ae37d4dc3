"""`gemel suite show` and `gemel split show --tasks`: every number of the suites screen."""

from __future__ import annotations

from pathlib import Path

from tests.commands.gemel import gemel


def test_a_suite_is_listed_by_page_and_filter(workspace: Path) -> None:
    (suite,) = gemel(workspace, "suite", "list", "--json").json
    page = gemel(workspace, "suite", "show", "kata", "-n", "3", "--offset", "1", "--json").json
    assert page["n_total"] == suite["n_tasks"]
    assert [row["status"] for row in page["rows"]] == ["admitted"] * 3
    shown = gemel(workspace, "suite", "show", "kata", "--text", page["rows"][0]["task_id"])
    assert page["rows"][0]["task_id"] in shown.out
    assert "1 to 1 of 1" in shown.out
    assert gemel(workspace, "suite", "show", "nonsense").code == 2


def test_a_task_is_shown_as_the_agent_sees_it_with_the_proof(workspace: Path) -> None:
    (row,) = gemel(workspace, "suite", "show", "kata", "-n", "1", "--json").json["rows"]
    view = gemel(workspace, "suite", "show", row["task_id"], "--json").json
    shown = gemel(workspace, "suite", "show", row["task_id"])
    for message in view["messages"]:
        assert message["content"] in shown.out
    assert view["hidden"]["n_lines_shown"] == 0
    assert "its text is in none of the messages" in shown.out
    assert gemel(workspace, "suite", "show", "kata/nonsense").code == 2


def test_a_split_lists_every_task_on_its_side(workspace: Path) -> None:
    (split,) = gemel(workspace, "split", "show", "--json").json
    view = gemel(workspace, "split", "show", "--tasks", "--json").json
    sizes = {column["side"]: column["n_tasks"] for column in view["columns"]}
    assert {side: n for side, n in sizes.items() if n} == split["sides"]
    shown = gemel(workspace, "split", "show", split["split_id"][:8], "--tasks").out
    families = [family for column in view["columns"] for family in column["families"]]
    assert all(task_id in shown for family in families for task_id in family["task_ids"])
