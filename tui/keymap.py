"""Every key of the app in one table: it feeds bindings, footer, help and palette.

A user's `keys.toml` gives an id other keys; such a file is used as a whole or, when it
names an unknown id or makes two actions share a key, not at all.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from textual.binding import Binding
from textual.keys import KEY_NAME_REPLACEMENTS, Keys, key_to_character

from core.errors import UsageError


class Group(StrEnum):
    """Where a key works; also its heading in the help."""

    PLAN = "plan"
    SUITES = "suites"
    ROLLOUTS = "rollouts"
    PAIRS = "pairs"
    TRAINING = "training"
    CURVES = "curves"
    NEW_JOB = "new job"
    EVALUATION = "evaluation"
    LEASES = "leases"
    TRACE = "trace"
    DIFF = "difference"
    EVERYWHERE = "everywhere"


@dataclass(frozen=True, slots=True)
class Key:
    """One action and the keys that start it."""

    key_id: str
    keys: str
    """Textual's names, separated by commas."""
    action: str
    description: str
    group: Group
    in_footer: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The keys, one by one."""
        return tuple(name.strip() for name in self.keys.split(","))

    @property
    def shown(self) -> str:
        """The keys as people read them."""
        return " ".join(shown_key(name) for name in self.names)


KEYS = (
    Key("run-next", "n", "run_next", "run next", Group.PLAN),
    Key("run-demo", "d", "run_demo", "run demo", Group.PLAN),
    Key("import-first", "i", "import", "import a suite", Group.PLAN),
    Key("add-api-key", "a", "add_key", "add a key", Group.PLAN, False),
    Key("preset", "p", "next_preset", "next scenario", Group.PLAN, False),
    Key("choose-scenario", "o", "choose", "scenarios", Group.PLAN),
    Key("save-scenario", "s", "save", "save", Group.PLAN),
    Key("duplicate-scenario", "c", "duplicate", "duplicate", Group.PLAN, False),
    Key("remove-scenario", "D", "remove", "delete scenario", Group.PLAN, False),
    Key("scenario-beside", "b", "beside", "beside", Group.PLAN),
    Key("scenario-alone", "B", "alone", "one scenario alone", Group.PLAN, False),
    Key("start-scenario", "S", "start", "start", Group.PLAN),
    Key("from-run", "F", "measure", "inputs from a run", Group.PLAN, False),
    Key("bars", "v", "bars", "bars or amounts", Group.PLAN, False),
    Key("past-forecasts", "P", "history", "past forecasts", Group.PLAN, False),
    Key("grade-forecast", "f", "grade", "against ledger", Group.PLAN, False),
    Key("ledger", "m", "ledger", "ledger", Group.PLAN, False),
    Key("keep-pair", "a", "decide('keep')", "keep", Group.PAIRS),
    Key("drop-pair", "d", "decide('drop')", "drop", Group.PAIRS),
    Key("swap-pair", "s", "decide('swap')", "swap", Group.PAIRS, False),
    Key("flag-pair", "f", "decide('flag')", "flag", Group.PAIRS),
    Key("note-pair", "m", "note", "note", Group.PAIRS, False),
    Key("undo", "u", "undo", "undo", Group.PAIRS),
    Key("redo", "ctrl+r", "redo", "redo", Group.PAIRS, False),
    Key("next-pair", "J", "pair(1)", "next pair", Group.PAIRS, False),
    Key("previous-pair", "K", "pair(-1)", "previous pair", Group.PAIRS, False),
    Key(
        "next-difference",
        "right_square_bracket",
        "difference(1)",
        "next difference",
        Group.PAIRS,
        False,
    ),
    Key(
        "previous-difference",
        "left_square_bracket",
        "difference(-1)",
        "previous difference",
        Group.PAIRS,
        False,
    ),
    Key("pair-details", "i", "details", "info", Group.PAIRS),
    Key("filter-pairs", "slash", "filter", "filter", Group.PAIRS),
    Key("only-pairs", "o", "only", "only some", Group.PAIRS, False),
    Key("order-pairs", "O", "order", "order", Group.PAIRS, False),
    Key("all-pairs", "c", "show_all", "no filter", Group.PAIRS, False),
    Key("clear-pair", "C", "decide('clear')", "forget decision", Group.PAIRS, False),
    Key("choose-build", "B", "choose_build", "another build", Group.PAIRS, False),
    Key("import-pairs", "I", "import", "import a file", Group.PAIRS, False),
    Key("next-hit", "n", "hit(1)", "next found", Group.PAIRS, False),
    Key("previous-hit", "N", "hit(-1)", "previous found", Group.PAIRS, False),
    Key("search-diff", "slash", "search", "search", Group.DIFF),
    Key("pair-traces", "T", "traces", "both traces", Group.PAIRS, False),
    Key("funnel", "F", "funnel", "funnel", Group.PAIRS, False),
    Key("split-diff", "v", "toggle_split", "beside or below", Group.PAIRS, False),
    Key("wrap-diff", "w", "toggle_wrap", "wrap", Group.PAIRS, False),
    Key("build-pairs", "b", "build", "build pairs", Group.PAIRS, False),
    Key("export-pairs", "x", "export", "export", Group.PAIRS),
    Key("check-suite", "c", "check", "check", Group.SUITES),
    Key("forge-suite", "F", "forge", "forge", Group.SUITES),
    Key("import-suite", "i", "import", "import", Group.SUITES),
    Key("make-split", "M", "make_split", "divide", Group.SUITES),
    Key("tasks-or-split", "s", "switch('split')", "split", Group.SUITES),
    Key("tasks-or-relatives", "L", "switch('relatives')", "leaks", Group.SUITES),
    Key("move-family", "m", "move", "move", Group.SUITES),
    Key("same-task", "a", "answer(True)", "same", Group.SUITES),
    Key("other-task", "d", "answer(False)", "different", Group.SUITES),
    Key("undo-answer", "u", "undo", "undo", Group.SUITES),
    Key("compare-behaviour", "b", "compare", "compare more", Group.SUITES, False),
    Key("newer-split", "left_square_bracket", "other(-1)", "newer split", Group.SUITES, False),
    Key("older-split", "right_square_bracket", "other(1)", "older split", Group.SUITES, False),
    Key("check-options", "C", "check_as_asked", "check some", Group.SUITES, False),
    Key("export-patches", "x", "export", "export patches", Group.SUITES, False),
    Key("grade-patches", "J", "grade", "judge patches", Group.SUITES, False),
    Key("cancel-work", "X", "cancel", "stop", Group.SUITES, False),
    Key("filter-tasks", "slash", "filter", "filter", Group.SUITES, False),
    Key("fold-families", "o", "fold", "fold", Group.SUITES, False),
    Key("start-run", "S", "start", "start", Group.ROLLOUTS),
    Key("pause-run", "space", "pause", "pause", Group.ROLLOUTS),
    Key("stop-run", "X", "stop", "stop", Group.ROLLOUTS),
    Key("resume-run", "R", "resume", "resume", Group.ROLLOUTS),
    Key("at-once", "c", "at_once", "rollouts at once", Group.ROLLOUTS, False),
    Key("put-aside", "p", "put_aside", "put a rollout aside", Group.ROLLOUTS, False),
    Key("drain-run", "d", "drain", "drain", Group.ROLLOUTS, False),
    Key("requeue-rollout", "A", "requeue", "do a rollout again", Group.ROLLOUTS, False),
    Key("run-ceiling", "m", "ceiling", "ceiling of the run", Group.ROLLOUTS, False),
    Key("filter-rollouts", "slash", "filter", "filter", Group.ROLLOUTS),
    Key("only-rollouts", "o", "only", "only one outcome", Group.ROLLOUTS, False),
    Key("all-rollouts", "C", "show_all", "no filter", Group.ROLLOUTS, False),
    Key("order-rollouts", "O", "order", "order of the list", Group.ROLLOUTS, False),
    Key("grid-or-list", "v", "grid_or_list", "list", Group.ROLLOUTS),
    Key("rollouts-beside", "b", "beside", "two beside each other", Group.ROLLOUTS, False),
    Key("next-step", "J", "step(1)", "next step", Group.TRACE),
    Key("previous-step", "K", "step(-1)", "previous step", Group.TRACE, False),
    Key("next-rollout", "right_square_bracket", "other(1)", "next rollout", Group.TRACE),
    Key(
        "previous-rollout",
        "left_square_bracket",
        "other(-1)",
        "previous rollout",
        Group.TRACE,
        False,
    ),
    Key("fold-trace", "c", "fold", "fold", Group.TRACE),
    Key("whole-trace", "a", "whole", "all steps", Group.TRACE, False),
    Key("trace-patch", "d", "patch", "patch", Group.TRACE),
    Key("trace-part", "f", "part", "where two part", Group.TRACE, False),
    Key("search-trace", "slash", "search", "search", Group.TRACE),
    Key("next-found", "n", "find(1)", "next found", Group.TRACE, False),
    Key("previous-found", "N", "find(-1)", "previous found", Group.TRACE, False),
    Key("export-trace", "x", "export", "export", Group.TRACE, False),
    Key("start-job", "S", "start", "train", Group.TRAINING),
    Key("cancel-job", "X", "cancel", "cancel", Group.TRAINING),
    Key("evaluate-job", "E", "evaluate", "evaluate", Group.TRAINING),
    Key("next-curves", "m", "series", "other curves", Group.TRAINING, False),
    Key("compare-jobs", "c", "compare", "compare", Group.TRAINING),
    Key("job-checkpoints", "C", "checkpoints", "checkpoints", Group.TRAINING, False),
    Key("resume-job", "R", "resume", "go on with a job", Group.TRAINING, False),
    Key("attach-job", "A", "attach", "follow another job", Group.TRAINING, False),
    Key("mark-job", "space", "mark", "lay beside others", Group.TRAINING, False),
    Key("zoom-in", "i,plus", "zoom(1)", "closer", Group.CURVES),
    Key("zoom-out", "o,minus", "zoom(-1)", "wider", Group.CURVES, False),
    Key("pan-left", "left_square_bracket", "pan(-1)", "earlier steps", Group.CURVES, False),
    Key("pan-right", "right_square_bracket", "pan(1)", "later steps", Group.CURVES, False),
    Key("all-steps", "w", "whole", "all steps", Group.CURVES, False),
    Key("log-scale", "L", "scale", "log", Group.CURVES),
    Key("begin-job", "S", "begin", "start", Group.NEW_JOB),
    Key("job-preflight", "p", "preflight", "preflight", Group.NEW_JOB),
    Key("default-value", "d", "default", "default", Group.NEW_JOB),
    Key("start-evaluation", "S", "start", "evaluate", Group.EVALUATION),
    Key("stop-evaluation", "X", "stop", "stop", Group.EVALUATION, False),
    Key("resume-evaluation", "R", "resume", "resume", Group.EVALUATION),
    Key("order-tasks", "o", "order", "order", Group.EVALUATION, False),
    Key("report", "x", "report", "report", Group.EVALUATION),
    Key("next-budget", "b", "budget", "budget", Group.EVALUATION),
    Key("start-lease", "S", "start", "rent", Group.LEASES),
    Key("stop-lease", "X", "stop", "stop", Group.LEASES),
    Key("extend-lease", "m", "extend", "extend", Group.LEASES),
    Key("reap-leases", "D", "reap", "end leftovers", Group.LEASES),
    Key("compare-leases", "c", "compare", "ask account", Group.LEASES),
    Key("ended-leases", "a", "ended", "ended ones, too", Group.LEASES, False),
    Key("show-plan", "1", "mode('plan')", "Plan", Group.EVERYWHERE, False),
    Key("show-suites", "2", "mode('suites')", "Suites", Group.EVERYWHERE, False),
    Key("show-rollouts", "3", "mode('rollouts')", "Rollouts", Group.EVERYWHERE, False),
    Key("show-pairs", "4", "mode('pairs')", "Pairs", Group.EVERYWHERE, False),
    Key("show-training", "5", "mode('training')", "Training", Group.EVERYWHERE, False),
    Key("show-evaluation", "6", "mode('evaluation')", "Evaluation", Group.EVERYWHERE, False),
    Key("leases", "H", "leases", "rented machines", Group.EVERYWHERE, False),
    Key("reload", "r", "reload", "read again", Group.EVERYWHERE, False),
    Key("log", "l", "log", "messages", Group.EVERYWHERE, False),
    Key("maximise", "z", "maximise", "this pane alone", Group.EVERYWHERE, False),
    Key("copy", "y", "copy", "copy", Group.EVERYWHERE, False),
    Key("editor", "e", "editor", "open in $EDITOR", Group.EVERYWHERE, False),
    Key("theme", "t", "next_theme", "theme", Group.EVERYWHERE, False),
    Key("help", "question_mark", "help", "keys", Group.EVERYWHERE),
    Key("palette", "colon,ctrl+p", "command_palette", "palette", Group.EVERYWHERE),
    Key("back", "q,escape", "back_or_quit", "leave", Group.EVERYWHERE),
    Key("down", "j,down", "scroll('line', 1)", "scroll down", Group.EVERYWHERE, False),
    Key("up", "k,up", "scroll('line', -1)", "scroll up", Group.EVERYWHERE, False),
    Key("page-down", "pagedown,ctrl+d", "scroll('page', 1)", "page down", Group.EVERYWHERE, False),
    Key("page-up", "pageup,ctrl+u", "scroll('page', -1)", "page up", Group.EVERYWHERE, False),
    Key("first", "g,home", "scroll('edge', -1)", "first", Group.EVERYWHERE, False),
    Key("last", "G,end", "scroll('edge', 1)", "last", Group.EVERYWHERE, False),
    Key("left", "left", "sideways(-1)", "left", Group.EVERYWHERE, False),
    Key("right", "right", "sideways(1)", "right", Group.EVERYWHERE, False),
    Key("open", "enter", "open", "open", Group.EVERYWHERE, False),
    Key("suspend", "ctrl+z", "suspend_process", "suspend to the shell", Group.EVERYWHERE, False),
    Key("interrupt", "ctrl+c", "help_quit", "say how to quit", Group.EVERYWHERE, False),
)

_SHORT = {"escape": "esc", "slash": "/", "pagedown": "pgdn", "pageup": "pgup"}
_MODIFIERS = ("ctrl", "shift", "alt")
_NAMED = {key.value for key in Keys} | set(KEY_NAME_REPLACEMENTS.values())


def bindings(group: Group) -> list[Binding]:
    """The default bindings of a group, for the class that owns its actions."""
    return [
        Binding(key.keys, key.action, key.description, show=key.in_footer, id=key.key_id)
        for key in KEYS
        if key.group is group
    ]


def same_keys(key_id: str, action: str) -> Binding:
    """The keys of a row of the table, for a widget that answers them in its own way."""
    key = next(key for key in KEYS if key.key_id == key_id)
    return Binding(key.keys, action, key.description, show=False, id=key_id)


def shown_key(name: str) -> str:
    """A key as people read it: `?` for `question_mark`, words only in ASCII."""
    *modifiers, last = name.split("+") if len(name) > 1 else [name]
    sign = key_to_character(last) or ""
    # Textual also finds control characters by such names as "escape".
    is_sign = sign.isprintable() and not sign.isspace()
    return "+".join([*modifiers, sign if is_sign and sign else _SHORT.get(last, last)])


def in_force(overrides: Mapping[str, str]) -> tuple[Key, ...]:
    """The table with a user's keys in it."""
    return tuple(replace(key, keys=overrides.get(key.key_id, key.keys)) for key in KEYS)


def load_overrides(file: Path) -> dict[str, str]:
    """Keys by id from a user's file, `{}` without one; raises `UsageError` saying what is wrong."""
    try:
        data = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{file.name} was not used: {error}") from error
    try:
        overrides = {key_id: _keys(key_id, value) for key_id, value in data.items()}
        _refuse_clashes(in_force(overrides))
    except UsageError as error:
        raise UsageError(f"{file.name} was not used: {error}") from error
    return overrides


def _keys(key_id: str, value: object) -> str:
    known = [key.key_id for key in KEYS]
    if key_id not in known:
        raise UsageError(f"there is no action {key_id}; there are {', '.join(known)}")
    given = value if isinstance(value, list) else [value]
    names = [name for name in given if isinstance(name, str) and _is_key(name)]
    if not names or len(names) < len(given):
        raise UsageError(f'{key_id} wants keys such as "x" or ["x", "ctrl+d"], not {value!r}')
    return ",".join(_normal(name) for name in names)


def _is_key(name: str) -> bool:
    *modifiers, last = name.split("+") if len(name) > 1 else [name]
    is_character = len(last) == 1 and last.isprintable() and not last.isspace()
    return (is_character or last in _NAMED) and all(part in _MODIFIERS for part in modifiers)


def _normal(name: str) -> str:
    # Textual names all signs and splits at commas, so that one sign needs care.
    return "comma" if name == "," else next(iter(Binding.make_bindings([Binding(name, "")]))).key


def _refuse_clashes(keys: Iterable[Key]) -> None:
    taken: list[tuple[str, Key]] = []
    for key in keys:
        for name in (_normal(name) for name in key.names):
            for other_name, other in taken:
                if name == other_name and _meet(key, other):
                    raise UsageError(
                        f"{shown_key(name)} would mean both {other.key_id} and {key.key_id}"
                    )
            taken.append((name, key))


def _meet(one: Key, other: Key) -> bool:
    return one.group is other.group or Group.EVERYWHERE in (one.group, other.group)
