"""The `edit` protocol: one message is one edit block, on a compact state that is made anew."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.agent.state import Attempt, Baseline, Prompts, build_state
from core.agent.talk import Changed, Move
from core.chat import ChatReply, Message, Tool
from core.edits.block import EditBlock, InvalidAnswer, parse
from core.edits.difference import Patch
from core.sandbox.run import TestRun
from core.task import Task

_N_SAME_INVALID = 3


@dataclass(slots=True)
class EditTalk:
    """One rollout's."""

    task: Task
    baseline: Baseline
    prompts: Prompts
    is_tested: bool
    """Whether tests are run after an edit; else the first applicable one is final."""
    _attempts: list[Attempt] = field(default_factory=list)
    _notes: list[str] = field(default_factory=list)
    _block: EditBlock | None = None

    @property
    def tools(self) -> tuple[Tool, ...]:
        """None."""
        return ()

    @property
    def patch(self) -> Patch:
        """The last applicable edit."""
        return (self._block,) if self._block else ()

    @property
    def changed(self) -> Changed:
        """The target after it."""
        return tuple((block.path, block.apply(self.task.target.text)) for block in self.patch)

    @property
    def counts_without_patch(self) -> bool:
        """No: without an applicable edit the protocol was not spoken."""
        return False

    def state(self) -> tuple[Message, ...]:
        """The compact state."""
        notes = tuple(self._notes)
        return build_state(self.task, self.baseline, tuple(self._attempts), self.prompts, notes)

    def take(self, reply: ChatReply) -> Move:
        """Read the one edit block."""
        try:
            block = parse(reply.text, self.task.target.path)
            block.apply(self.task.target.text)
        except InvalidAnswer as error:
            self._attempts.append(Attempt(f"invalid: {error}"))
            return Move(
                self._attempts[-1].note,
                trouble=f"the answer was invalid: {error}.",
                is_loop=self._is_stuck(),
            )
        self._block = block
        note = "" if self.is_tested else "not tested"
        self._attempts.append(Attempt(note, block))
        return Move(note, block, is_change=True, is_final=not self.is_tested)

    def tested(self, run: TestRun) -> str:
        """Note how many tests fail."""
        n_failed = run.n_counted - run.n_passed
        note = f"{n_failed} of {run.n_counted} tests fail"
        self._attempts[-1] = Attempt(note, self._attempts[-1].block)
        return note

    def advise(self, note: str) -> None:
        """Show a note in every state from now on."""
        self._notes.append(note)

    def story(self) -> str:
        """The state itself."""
        return self.state()[-1].content

    def _is_stuck(self) -> bool:
        tail = self._attempts[-_N_SAME_INVALID:]
        return len(tail) == _N_SAME_INVALID and len(set(tail)) == 1
