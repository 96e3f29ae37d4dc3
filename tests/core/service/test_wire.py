"""What goes over the socket comes out as it went in, for every operation and every error."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path
from typing import Any

import msgspec
import pytest

import core.errors
from core.engine import Engine
from core.errors import (
    BoundaryError,
    EngineError,
    ErrorKind,
    GemelError,
    PolicyBusyError,
    Pressure,
    UsageError,
)
from core.events import Emit
from core.service import wire
from core.service.calls import CALLS
from core.service.client import EngineClient
from tests.core.service.echo import client, house
from tests.core.service.samples import Samples

_ERRORS = sorted(
    (
        kind
        for kind in vars(core.errors).values()
        if isinstance(kind, type) and issubclass(kind, GemelError)
    ),
    key=lambda kind: kind.__name__,
)


def _arguments(name: str) -> dict[str, Any]:
    samples, spec = Samples(), CALLS[name]
    return {parameter: samples.of(spec.hints[parameter]) for parameter in spec.signature.parameters}


def _result(name: str) -> Any:
    return Samples().of(CALLS[name].hints["return"])


def test_every_public_coroutine_of_an_engine_is_an_operation() -> None:
    methods = {
        name
        for part in Engine.__mro__
        for name, method in vars(part).items()
        if inspect.iscoroutinefunction(method) and not name.startswith("_")
    }
    assert methods - {"begin_writing"} == set(CALLS)
    assert all(getattr(EngineClient, name) is not getattr(Engine, name) for name in CALLS)


@pytest.mark.parametrize("name", sorted(CALLS))
async def test_arguments_and_results_survive_the_wire_unchanged(name: str, tmp_path: Path) -> None:
    seen: list[tuple[str, dict[str, Any]]] = []

    async def work(name: str, args: dict[str, Any], emit: Emit) -> Any:
        seen.append((name, args))
        return _result(name)

    path = tmp_path / "s"
    async with house(path, work), client(path) as engine:
        given = _arguments(name)
        assert await getattr(engine, name)(**given) == _result(name)
        required = {
            parameter.name: given[parameter.name]
            for parameter in CALLS[name].signature.parameters.values()
            if parameter.default is inspect.Parameter.empty
        }
        await getattr(engine, name)(**required)
    bound = CALLS[name].signature.bind(**required)
    bound.apply_defaults()
    assert seen == [(name, given), (name, bound.arguments)]
    kinds = [{key: type(value) for key, value in args.items()} for _, args in seen]
    assert kinds[0] == {key: type(value) for key, value in given.items()}


@pytest.mark.parametrize("kind", _ERRORS, ids=lambda kind: kind.__name__)
async def test_an_error_arrives_as_its_own_class(kind: type[GemelError], tmp_path: Path) -> None:
    async def work(name: str, args: dict[str, Any], emit: Emit) -> Any:
        if kind is BoundaryError:
            raise BoundaryError(ErrorKind.STORE, "what", KeyError("why"))
        if kind is PolicyBusyError:
            raise PolicyBusyError("what failed", Pressure.RATE)
        raise kind("what failed")

    path = tmp_path / "s"
    async with house(path, work), client(path) as engine:
        with pytest.raises(kind, match="what") as caught:
            await engine.overview()
    assert type(caught.value) is kind
    assert caught.value.exit_code == kind.exit_code
    if isinstance(caught.value, BoundaryError):
        assert caught.value.kind is ErrorKind.STORE


async def test_an_unexpected_failure_is_an_error_with_its_cause_and_the_engine_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(name: str, args: dict[str, Any], emit: Emit) -> Any:
        if name == "overview":
            raise KeyError("the cause")
        return _result(name)

    path = tmp_path / "s"
    async with house(path, work), client(path) as engine:
        with pytest.raises(BoundaryError, match=r"overview.*KeyError: 'the cause'"):
            await engine.overview()
        assert await engine.list_runs() == _result("list_runs")
    assert "Traceback" in caplog.text


async def test_a_relative_path_means_the_clients_directory(tmp_path: Path) -> None:
    seen: list[Path] = []

    async def work(name: str, args: dict[str, Any], emit: Emit) -> Any:
        seen.append(args["path"])
        return _result(name)

    path = tmp_path / "s"
    async with house(path, work), client(path) as engine:
        await engine.import_suite("quixbugs", Path("here/below"))
    assert seen == [Path.cwd() / "here/below"]


@pytest.mark.parametrize(
    ("op", "args", "said"),
    [
        ("nonsense", b"{}", "no operation 'nonsense'"),
        ("context", b"{}", "no operation 'context'"),
        ("_side", b"{}", "no operation '_side'"),
        ("show_run", b"{}", "show_run cannot be called so"),
        ("show_run", b'{"run_id": 7}', "show_run cannot be called so"),
        ("show_run", b'{"run_id": "a", "sql": "b"}', "show_run cannot be called so"),
        ("cancel", b"[]", "operation_id"),
    ],
)
async def test_only_named_operations_with_fitting_arguments_are_done(
    tmp_path: Path, op: str, args: bytes, said: str
) -> None:
    async def work(name: str, args: dict[str, Any], emit: Emit) -> Any:
        raise AssertionError("it was done")

    path = tmp_path / "s"
    async with house(path, work):
        reader, writer = await asyncio.open_unix_connection(path)
        await reader.readline()
        writer.write(wire.encode(wire.ClientHello(wire.PROTOCOL, "x")))
        writer.write(wire.encode(wire.Request(1, op, msgspec.Raw(args))))
        line = msgspec.json.decode(await reader.readline(), type=wire.Line)
        writer.close()
    assert line.error is not None
    assert line.error.kind == UsageError.__name__
    assert said in line.error.message


async def test_a_client_has_no_context(tmp_path: Path) -> None:
    async def work(name: str, args: dict[str, Any], emit: Emit) -> Any:
        return None

    path = tmp_path / "s"
    async with house(path, work), client(path) as engine:
        with pytest.raises(EngineError, match="not in this one"):
            engine.context  # noqa: B018 - the look itself is refused


async def test_an_answer_of_many_megabytes_arrives_whole(tmp_path: Path) -> None:
    rows = [_result("list_runs")[0]] * 20_000

    async def work(name: str, args: dict[str, Any], emit: Emit) -> Any:
        return rows

    path = tmp_path / "s"
    async with house(path, work), client(path) as engine:
        assert await engine.list_runs() == rows
    assert len(wire.raw(rows)) > 5_000_000
