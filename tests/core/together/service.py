"""A whole service on the loopback, put together from parts that share one account.

A part answers the paths it knows. A path that no part knows is an error of the test that
asked for it: it is answered with 404 and named when the service ends.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from tests.core.together.http import Answer, Asked, serving

KEY = "tgp-loopback-key-0f3a9c"


@dataclass(frozen=True, slots=True)
class Call:
    """A request that a part knows, with what stood in its path and query."""

    asked: Asked
    names: dict[str, str]
    """Parts of the path, by the names that the route gives them."""
    query: dict[str, str]


Reply = Callable[[Call], Awaitable[Answer]]
Fault = Callable[[Asked], Answer | None]
"""Answers in place of the service; None lets it answer as usual."""
Late = Callable[[Asked, Answer], Answer]
"""Spoils an answer after the work was done."""


@dataclass(slots=True)
class Routes:
    """What one part answers: method and path, where `{name}` stands for one piece."""

    known: list[tuple[str, re.Pattern[str], Reply]] = field(default_factory=list)

    def add(self, method: str, path: str, reply: Reply) -> None:
        """Answer that with `reply`."""
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path))
        self.known.append((method, re.compile(pattern), reply))

    def find(self, asked: Asked) -> tuple[Reply, Call] | None:
        """The reply to a request, if it is known."""
        url = urlsplit(asked.path)
        for method, pattern, reply in self.known:
            if method == asked.method and (match := pattern.fullmatch(url.path)):
                names = {name: unquote(text) for name, text in match.groupdict().items()}
                given = parse_qs(url.query, keep_blank_values=True)
                return reply, Call(asked, names, {name: all_[-1] for name, all_ in given.items()})
        return None


@dataclass(slots=True)
class Service:
    """One base URL; `faults` and `late` are used up one by one, by method and path."""

    parts: list[Routes] = field(default_factory=list)
    faults: dict[tuple[str, str], list[Fault]] = field(default_factory=lambda: defaultdict(list))
    late: dict[tuple[str, str], list[Late]] = field(default_factory=lambda: defaultdict(list))
    asked: list[Asked] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    open_paths: tuple[str, ...] = ()
    """Beginnings of paths that need no key, such as uploads to a signed address."""
    key: str = KEY

    async def handle(self, asked: Asked) -> Answer:
        """Serve one request."""
        self.asked.append(asked)
        path = urlsplit(asked.path).path
        place = (asked.method, path)
        if faults := self.faults.get(place):
            answer = faults.pop(0)(asked)
            if answer is not None:
                return answer
        answer = await self._answer(asked, path)
        if late := self.late.get(place):
            return late.pop(0)(asked, answer)
        return answer

    def count(self, method: str, path: str) -> int:
        """How often that was asked, whatever the query."""
        return sum(a.method == method and urlsplit(a.path).path == path for a in self.asked)

    async def _answer(self, asked: Asked, path: str) -> Answer:
        for part in self.parts:
            if (found := part.find(asked)) is None:
                continue
            if not path.startswith(self.open_paths or ("\0",)) and not self._is_known(asked):
                return error(401, "Invalid API key provided", "invalid_api_key")
            reply, call = found
            return await reply(call)
        self.unknown.append(f"{asked.method} {asked.path}")
        return error(404, f"no such path: {asked.method} {path}")

    def _is_known(self, asked: Asked) -> bool:
        return asked.headers.get("authorization") == f"Bearer {self.key}"


@asynccontextmanager
async def together(*parts: Routes) -> AsyncIterator[tuple[Service, str]]:
    """A service of these parts with its base URL; fails when an unknown path was asked."""
    service = Service([*parts, _at_a_start()])
    async with serving(service.handle) as url:
        yield service, url
    assert not service.unknown, service.unknown


def _at_a_start() -> Routes:
    """What an engine or the app asks by itself: an account on which nothing is rented."""

    async def whoami(call: Call) -> Answer:
        return Answer.of_json({"type": "project_api_key", "project": {"id": "proj_1"}})

    async def endpoints(call: Call) -> Answer:
        return Answer.of_json({"object": "list", "data": [], "next_cursor": None})

    routes = Routes()
    routes.add("GET", "/v3/whoami", whoami)
    routes.add("GET", "/v2/projects/{project}/endpoints", endpoints)
    return routes


def error(status: int, message: str, code: str = "", **headers: str) -> Answer:
    """An error in the form of inference, files and fine-tunes."""
    body = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return Answer.of_json({"id": "loopback", "error": body}, status, **headers)


def refusing(status: int, message: str = "later", **headers: str) -> Fault:
    """A fault that answers with an error."""
    return lambda asked: error(status, message, "test", **headers)


def lost(status: int = 500) -> Late:
    """The work is done, and the answer says that it was not."""
    return lambda asked, answer: error(status, "internal error")


def cut() -> Late:
    """The work is done, and the connection ends in the middle of the answer."""
    return lambda asked, answer: Answer(
        answer.status, answer.body, answer.headers, len(answer.body) // 2
    )
