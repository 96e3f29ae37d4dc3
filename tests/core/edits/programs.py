"""Programs for the tests of edits: the shipped benchmark, and made-up ones in odd layouts."""

from __future__ import annotations

from importlib import resources

from hypothesis import strategies as st


def kata_programs() -> list[str]:
    folder = resources.files("core.suites.kata")
    texts = sorted(
        (entry.name, entry.read_text("utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".py") and entry.name != "__init__.py"
    )
    return [text.split("\nENTRY = ")[0] + "\n" for _, text in texts]


NAMES = st.sampled_from(["a", "b", "größe", "items"])
ATOMS = st.one_of(
    NAMES,
    st.sampled_from(["0", "1", "17", "-1", '"t"', "'''x\ny'''", "[]", "True", "None", "()", "[1]"]),
)
BINARY = st.sampled_from(
    [
        "+",
        "-",
        "*",
        "//",
        "**",
        "%",
        "<",
        "<=",
        "==",
        "!=",
        " in ",
        " not in ",
        " and ",
        " or ",
        "|",
    ]
)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        st.tuples(inner, BINARY, inner).map("".join),
        st.tuples(inner, BINARY, inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(inner, BINARY, inner).map(
            lambda parts: "(\n".join(("", "\n ".join(parts))) + ")"
        ),
        st.tuples(inner, inner).map(lambda two: f"({two[0]} # it's (\n + {two[1]})"),
        inner.map(lambda one: f"({one})"),
        inner.map(lambda one: f"(not {one})"),
        inner.map(lambda one: f"-({one})"),
        inner.map(lambda one: f"max({one}, key=len)"),
        inner.map(lambda one: f"[x for x in ({one}) if x]"),
        inner.map(lambda one: f"any(x < a for x in ({one}))"),
        inner.map(lambda one: f"(lambda b: {one})"),
        inner.map(lambda one: f'f"{{a}} and b" + str({one})'),
        pair.map(lambda two: f"min({two[0]},{two[1]})"),
        pair.map(lambda two: f"range({two[0]}, (\n{two[1]}))"),
        pair.map(lambda two: f"items[({two[0]}):{two[1]}]"),
        pair.map(lambda two: f"items[{two[0]}, {two[1]}].append"),
        pair.map(lambda two: f"({two[0]}if({two[1]})else[])"),
        pair.map(lambda two: f"({two[0]}), {two[1]}").map(lambda text: f"({text})"),
    )


EXPRESSIONS = st.recursive(ATOMS, _grown, max_leaves=6)
_SIMPLE = st.one_of(
    EXPRESSIONS.map(lambda one: f"a = {one}"),
    EXPRESSIONS.map(lambda one: f"a += {one}  # and one"),
    EXPRESSIONS.map(lambda one: f"items[0] = ({one}); b = a"),
    EXPRESSIONS.map(lambda one: f"return({one})"),
    EXPRESSIONS.map(lambda one: f"assert {one}, 'no'"),
    st.sampled_from(["pass", "break", "continue", "'a text'", "import os", "del a"]),
)


def _block(statements: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(statements, min_size=1, max_size=3).map(
        lambda lines: "\n".join("    " + line for text in lines for line in text.split("\n"))
    )
    return st.one_of(
        st.tuples(EXPRESSIONS, body, body).map(
            lambda parts: f"if {parts[0]}:\n{parts[1]}\nelif(a):\n{parts[2]}\nelse: pass"
        ),
        st.tuples(EXPRESSIONS, body).map(lambda parts: f"while {parts[0]}:\n{parts[1]}"),
        st.tuples(EXPRESSIONS, body).map(lambda parts: f"for b, c in {parts[0]}:\n{parts[1]}"),
        st.tuples(body, body).map(
            lambda parts: f"try:\n{parts[0]}\nexcept ValueError as e:\n{parts[1]}"
        ),
    )


STATEMENTS = st.recursive(_SIMPLE, _block, max_leaves=4)
PROGRAMS = st.lists(STATEMENTS, min_size=1, max_size=4).map(
    lambda parts: (
        "def f(a, b, größe, items=[1]):\n    '''Doc 1.'''\n    while True:\n"
        + "\n".join("        " + line for part in parts for line in part.split("\n"))
        + "\n"
    )
)
