"""The `tools` protocols: a conversation over a tree of files, kept short.

A state is the system message, one message about the task, and the newest turns. When the turns
weigh more than the limits allow, the older ones are left out until half of that is reached, so
that what a service has cached of a chat stays true for some calls. What a model says around an
action, and the ids it gives to calls, stand in no state: equal actions give equal states.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from string import Template

from core.agent.actions import MOST_AT_ONCE, Wish, read_calls, read_text
from core.agent.limits import Limits, Speech
from core.agent.state import (
    Baseline,
    Prompts,
    common_parts,
    failures_of,
    fence,
    noted,
    system_message,
)
from core.agent.talk import Changed, Move
from core.agent.toolbox import CHANGES, FINISH, LOOKS, Done, Toolbox, files_text
from core.agent.tree import Tree
from core.agent.turns import Turn, answered, in_window, left_out_text, messages_of
from core.chat import ChatReply, Message, Role, Tool
from core.digest import short
from core.edits.difference import Patch
from core.policies.tokens import clip_tokens
from core.sandbox.run import TestRun
from core.task import Task
from core.text import one_line

_N_SAME = 3
_CUT = "length"
"""Why a service ends an answer that is not at its end."""
_N_FILES_TOKENS = 800
_N_STORY_TOKENS = 1_500
_LONGEST_NOTE = 160


@dataclass(slots=True)
class ToolsTalk:
    """One rollout's."""

    task: Task
    baseline: Baseline
    prompts: Prompts
    speech: Speech
    limits: Limits
    is_tested: bool
    """Whether tests are run after a change."""
    _box: Toolbox = field(init=False)
    _turns: list[Turn] = field(default_factory=list)
    _n_left_out: int = 0
    _notes: list[str] = field(default_factory=list)
    _n_before_loop: int = 0
    """Turns up to the last loop that was found; they count no more."""

    def __post_init__(self) -> None:
        self._box = Toolbox(Tree(self.task))

    @property
    def tools(self) -> tuple[Tool, ...]:
        """Those of the prompts, where they are called natively."""
        return self.prompts.tools if self.is_native else ()

    @property
    def is_native(self) -> bool:
        """Whether tools are called natively."""
        return self.speech is Speech.TOOLS_NATIVE

    @property
    def patch(self) -> Patch:
        """The change of the tree."""
        return self._box.tree.patch

    @property
    def changed(self) -> Changed:
        """The changed files."""
        return self._box.tree.changed

    @property
    def counts_without_patch(self) -> bool:
        """Where any action was done: whoever reads until a limit ends it spoke the protocol."""
        return any(not one.is_error for turn in self._turns for one in turn.actions)

    def state(self) -> tuple[Message, ...]:
        """The task, then the newest turns."""
        first = Template(self.prompts.user).substitute(
            common_parts(self.task, self.baseline),
            files=clip_tokens(files_text(self._box.tree), _N_FILES_TOKENS),
            fence=fence(self.baseline.failures),
            notes=noted(tuple(self._notes)) or "none",
            left_out=left_out_text(self._turns[: self._n_left_out]),
        )
        shown = self._turns[self._n_left_out :]
        return (
            system_message(self.task, self.prompts),
            Message(Role.USER, first),
            *messages_of(shown, self._n_left_out, is_native=self.is_native),
        )

    def take(self, reply: ChatReply) -> Move:
        """Do the actions of an answer."""
        wish = self._read(reply)
        if not wish.actions:
            return self._take_none(wish, reply)
        asked = [[action.tool, action.arguments_text] for action in wish.actions]
        key = short([asked, self._box.tree.changed])
        is_loop = self._repeats(key)
        before = self._box.tree.changed
        done = tuple(self._do(wish, is_loop=is_loop))
        is_change = self._box.tree.changed != before
        failed = next((one for one in done if one.is_error), None)
        trouble = f"{failed.tool} failed: {failed.output}" if failed else ""
        if is_loop:
            trouble = f"the same was asked for {_N_SAME} times: {_summary(done[-1])}."
        note = "; ".join(_summary(one) for one in done)
        self._append(Turn(done, note, key=key))
        return Move(
            note=note,
            actions=done,
            forgiven=wish.forgiven,
            is_change=is_change,
            is_final=any(one.tool == FINISH and not one.is_error for one in done),
            trouble=trouble,
            is_loop=is_loop,
        )

    def tested(self, run: TestRun) -> str:
        """Add what the tests say to the last turn."""
        n_failed = run.n_counted - run.n_passed
        note = f"{n_failed} of {run.n_counted} tests fail"
        said = f"{note}\n{failures_of(run)}".rstrip()
        last = self._turns.pop()
        room = self.limits.n_output_tokens
        self._append(answered(last, clip_tokens(said, room), note))
        return note

    def advise(self, note: str) -> None:
        """Show a note in every state from now on."""
        self._notes.append(note)

    def story(self) -> str:
        """The task's path and the newest steps as text."""
        steps = "\n\n".join(turn.story for turn in self._turns[-4:])
        return f"The task: repair {self.task.target.path}.\n\n" + clip_tokens(
            f"The last steps:\n\n{steps}", _N_STORY_TOKENS
        )

    def _read(self, reply: ChatReply) -> Wish:
        if self.is_native:
            return read_calls(reply, self.prompts.tools)
        is_strict = self.speech is Speech.TOOLS_STRICT
        return read_text(reply.text, self.prompts.tools, is_strict=is_strict)

    def _take_none(self, wish: Wish, reply: ChatReply) -> Move:
        """An answer that asks for nothing that can be done."""
        is_cut = reply.finish_reason.startswith(_CUT)
        problem = wish.problem + ", and was cut off for its length" * is_cut
        note = f"invalid: {problem}"
        said = clip_tokens(reply.text, self.limits.n_output_tokens)
        is_loop = self._repeats(note)
        self._append(Turn((), note, said, f"error: {problem}", key=note))
        return Move(note, trouble=f"{problem}.", is_loop=is_loop, forgiven=wish.forgiven)

    def _do(self, wish: Wish, *, is_loop: bool) -> list[Done]:
        n_each = max(1, self.limits.n_output_tokens // min(len(wish.actions), MOST_AT_ONCE))
        done: list[Done] = []
        for n, action in enumerate(wish.actions):
            if is_loop or n >= MOST_AT_ONCE:
                why = f"this was asked for {_N_SAME} times; do something else"
                why = why if is_loop else f"only {MOST_AT_ONCE} calls at once are done"
                done.append(Done(action.tool, action.arguments_text, f"error: {why}", True))
                continue
            one = self._box.do(action, n_each)
            if not self.is_tested and one.tool in CHANGES and not one.is_error:
                one = Done(one.tool, one.arguments, f"{one.output}; not tested")
            done.append(one)
        return done

    def _repeats(self, key: str) -> bool:
        """Whether this is once too often, among what is shown or three times running."""
        shown = self._turns[max(self._n_left_out, self._n_before_loop) :]
        running = self._turns[self._n_before_loop :][1 - _N_SAME :]
        is_running = len(running) == _N_SAME - 1 and all(turn.key == key for turn in running)
        if not is_running and sum(turn.key == key for turn in shown) < _N_SAME - 1:
            return False
        self._n_before_loop = len(self._turns) + 1
        return True

    def _append(self, turn: Turn) -> None:
        self._turns.append(turn)
        most = self.limits.n_history_tokens
        self._n_left_out = in_window(self._turns, self._n_left_out, most)


def _summary(one: Done) -> str:
    """An action in a few words; what a look has found is no part of them."""
    result = one.output.split("\n", 1)[0] if one.is_error or one.tool not in LOOKS else ""
    return one_line(one.title + (f": {result}" if result else ""), _LONGEST_NOTE)
