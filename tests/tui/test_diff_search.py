"""Search within a comparison: what is found, where it is shown, how it is counted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.tui.test_diff_view import LEFT, RIGHT, DiffApp
from tui.widgets.diff_lines import Side, compare
from tui.widgets.diff_search import MOST, NO_HITS, find


def shown(app: DiffApp) -> str:
    return "\n".join(app.lines())


def reversed_texts(app: DiffApp) -> list[str]:
    return [
        segment.text
        for y in range(1, app.diff.size.height)
        for segment in app.diff.render_line(y)
        if segment.style is not None and segment.style.reverse
    ]


def test_a_place_that_both_sides_share_counts_once() -> None:
    diff = compare("same x\nleft x\n", "same x\nright x X\n")
    hits = find(diff, "x")
    assert [(hit.row, hit.side) for hit in hits.all] == [
        (0, None),
        (1, Side.LEFT),
        (1, Side.RIGHT),
        (1, Side.RIGHT),
    ]
    assert hits.spans(0, Side.RIGHT) == hits.spans(0, Side.LEFT) == ((5, 6),)
    assert hits.spans(1, Side.RIGHT) == ((6, 7), (8, 9))


def test_capitals_count_when_the_text_has_one() -> None:
    diff = compare("Total total", "Total total")
    assert len(find(diff, "total").all) == 2
    assert len(find(diff, "Total").all) == 1
    assert find(diff, "") == NO_HITS


def test_a_text_that_is_everywhere_is_bounded() -> None:
    assert len(find(compare("a" * 90_000, "b"), "a").all) == MOST


@given(left=st.text("ab\nİ", max_size=30), right=st.text("ab\nİ", max_size=30))
def test_each_place_holds_what_was_searched(left: str, right: str) -> None:
    diff = compare(left, right)
    for hit in find(diff, "ab").all:
        line = diff.text(diff.rows[hit.row], hit.side or Side.LEFT)
        assert line is not None
        assert line[hit.start : hit.end].lower() == "ab"


async def test_a_search_counts_goes_round_and_brings_the_place_into_sight() -> None:
    app = DiffApp()
    async with app.run_test(size=(80, 11)):
        app.diff.action_edge(-1)
        assert app.diff.search("= 5") == 11
        assert "found 1/11" in app.lines()[0]
        app.diff.action_hit(-1)
        assert app.diff.found == (11, 11)
        assert "y = 59" in shown(app)
        assert "= 5" in reversed_texts(app)
        app.diff.action_hit(1)
        assert app.diff.found == (1, 11)
        assert "y = 5 " in shown(app)


async def test_a_search_begins_where_one_is_and_finds_both_sides() -> None:
    app = DiffApp()
    async with app.run_test(size=(80, 11)):
        app.diff.action_edge(1)
        assert app.diff.search("x") == 3
        assert app.diff.found[0] == 2
        assert reversed_texts(app) == ["x", "x"]
        assert app.diff.search("nowhere") == 0
        assert "found 0/0" in app.lines()[0]
        app.diff.search("")
        assert "found" not in app.lines()[0]


async def test_a_place_beyond_the_edge_is_scrolled_to_on_unwrapped_lines() -> None:
    long = "".join(f"{n:03}," for n in range(100))
    app = DiffApp(long + "a", long + "b")
    async with app.run_test(size=(60, 8)):
        app.diff.search("087")
        assert "087" in reversed_texts(app)
        app.diff.action_toggle_wrap()
        app.diff.search("099")
        assert "099" in reversed_texts(app)


async def test_the_place_where_one_is_differs_from_the_other_places() -> None:
    app = DiffApp("x\nx\nleft", "x\nx\nright")
    async with app.run_test(size=(80, 11)):
        app.diff.action_edge(-1)
        app.diff.search("x")
        for current in (0, 1):
            here = [
                segment.style.underline
                for y in (1, 2)
                for segment in app.diff.render_line(y)
                if segment.style is not None and segment.text == "x"
            ]
            assert [bool(is_here) for is_here in here] == [n == current for n in (0, 1)]
            app.diff.action_hit(1)


async def test_a_search_goes_on_in_the_next_pair() -> None:
    app = DiffApp()
    async with app.run_test(size=(80, 11)):
        app.diff.search("x")
        app.diff.show(compare("x\ny", "x\nz"), "one", "other")
        assert app.diff.found == (1, 1)
        app.diff.show(None)
        assert app.diff.found == (0, 0)


async def test_what_is_found_stands_out_over_changed_words() -> None:
    app = DiffApp(LEFT, RIGHT)
    async with app.run_test(size=(80, 11)):
        app.diff.action_difference(1)
        app.diff.search("z")
        assert reversed_texts(app) == ["z"]
