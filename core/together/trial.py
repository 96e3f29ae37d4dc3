"""One token of a chat: whether a model answers, will not, or may do so later."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import ServiceError
from core.together.client import Connection
from core.together.failures import checked, service

_N_RETRIES = 4
"""Of a busy answer; the library waits as long as it was asked to, up to a minute."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of asking for one token."""

    why_not: str = ""
    """The service's words on why there is no answer; empty when there was one."""
    may_answer: bool = False
    """Whether it may answer later: the service was busy, or what it said cannot be read."""

    @property
    def is_answered(self) -> bool:
        """Whether the model said something."""
        return not self.why_not


async def try_chat(here: Connection, model: str) -> Trial:
    """Ask for one token, which may cost a little."""
    what = f"{model} does not answer"
    patient = here.read.with_options(max_retries=_N_RETRIES)
    try:
        with service(here.library, what):
            answer = await patient.chat.completions.create(
                model=model, messages=[{"role": "user", "content": "1"}], max_tokens=1
            )
        choices = checked(what, answer, "choices").choices
        checked(what, next(iter(choices), None), "message")
    except ServiceError as error:
        return Trial(str(error), error.is_busy or error.may_be_done)
    return Trial()
