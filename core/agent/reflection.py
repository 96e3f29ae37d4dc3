"""Looking back: a call of its own about what did not work, whose answer becomes a note."""

from __future__ import annotations

from string import Template

from core.agent.state import Prompts
from core.chat import ChatReply, Message, Role
from core.policies.tokens import clip_tokens
from core.text import one_line

_N_TROUBLE_TOKENS = 600
_N_NOTE_TOKENS = 120
_LONGEST_NOTE = 600


def question_of(prompts: Prompts, trouble: str, story: str) -> tuple[Message, ...]:
    """The messages of a reflection: a chat of its own, as short as can be."""
    system, user = prompts.reflection
    filled = Template(user).substitute(
        trouble=clip_tokens(trouble, _N_TROUBLE_TOKENS), story=story.rstrip()
    )
    return (Message(Role.SYSTEM, system), Message(Role.USER, filled))


def note_of(reply: ChatReply) -> str:
    """What is kept of an answer; empty when it says nothing."""
    return one_line(clip_tokens(reply.text, _N_NOTE_TOKENS), _LONGEST_NOTE)
