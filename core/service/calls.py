"""What can be called over the socket, read off the methods that are marked as operations."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_type_hints

import msgspec

from core.engine import Engine
from core.errors import UsageError
from core.operation import Mark, marked
from core.service import wire


@dataclass(frozen=True)
class CallSpec:
    """One operation as it travels: its arguments by name, its result."""

    name: str
    method: Callable[..., Any]
    mark: Mark

    @cached_property
    def signature(self) -> inspect.Signature:
        """Of the method, without self."""
        signature = inspect.signature(self.method)
        return signature.replace(parameters=list(signature.parameters.values())[1:])

    @cached_property
    def hints(self) -> Mapping[str, Any]:
        """Types of the arguments, and of the result as `return`."""
        return get_type_hints(self.method)

    def pack(self, *args: object, **kwargs: object) -> msgspec.Raw:
        """Arguments of a call for the wire; raises TypeError as the call itself would."""
        bound = self.signature.bind(*args, **kwargs)
        return wire.raw(bound.arguments)

    def unpack(self, args: msgspec.Raw) -> dict[str, Any]:
        """The arguments again, with the method's own defaults; refuses what does not fit."""
        try:
            given = wire.decode(args, self._arguments)
        except msgspec.MsgspecError as error:
            raise UsageError(f"{self.name} cannot be called so: {error}") from error
        return {name: getattr(given, name) for name in self.signature.parameters}

    def label(self, args: Mapping[str, Any]) -> str:
        """The call for people: its name and the arguments that name something."""
        named = [value for value in args.values() if isinstance(value, str) and value]
        return " ".join((self.name.replace("_", " "), *named))

    @cached_property
    def _arguments(self) -> type[msgspec.Struct]:
        fields: list[Any] = [
            (name, self.hints[name])
            if parameter.default is inspect.Parameter.empty
            else (name, self.hints[name], parameter.default)
            for name, parameter in self.signature.parameters.items()
        ]
        return msgspec.defstruct(self.name, fields, kw_only=True, forbid_unknown_fields=True)


CALLS = {name: CallSpec(name, method, mark) for name, (method, mark) in marked(Engine).items()}
"""Every operation of an engine by name."""
