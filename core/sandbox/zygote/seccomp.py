"""A seccomp filter out of the lists of `syscalls`: the kernel asks it before every call.

The program is classic BPF: it loads a word of the call's description, compares, jumps
forward and returns what shall happen. Numbers are found by binary search; every leaf ends
in a return. A jump of more than 255 steps cannot be written, and packing it would fail.
"""

from __future__ import annotations

import ctypes
import errno
import struct
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from . import linux
from .syscalls import (
    CHECKS,
    N_SINCE_5_1,
    OWN_PID,
    Condition,
    Machine,
    allowed,
    checked,
    pretended,
    programs,
)

_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
_IF_EQUAL, _IF_AT_LEAST = 0x15, 0x35
_INSTRUCTION = struct.Struct("=HBBI")

# Places in struct seccomp_data; a little-endian machine keeps the lower half first.
_AT_NUMBER, _AT_MACHINE, _AT_ARGUMENTS = 0, 4, 16

ALLOW, KILL, _FAIL = 0x7FFF0000, 0x80000000, 0x00050000
PRETEND = _FAIL
REFUSE, UNKNOWN = _FAIL | errno.EPERM, _FAIL | errno.ENOSYS
_X32 = 0x40000000
_OTHERS = {0: REFUSE, N_SINCE_5_1: UNKNOWN, _X32: KILL}
"""What becomes of calls that are not listed, by the number from which on."""
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2


class _Step(NamedTuple):
    code: int
    value: int
    if_true: int = 0
    if_false: int = 0


_Block = tuple[_Step, ...]
_Blocks = dict[int, _Block]
"""What to do, by number of the call."""


class Filter(NamedTuple):
    """A program, and where in it the number of the process belongs."""

    code: bytes
    pid_offsets: tuple[int, ...]

    def bound_to(self, pid: int) -> bytes:
        """The program for one process."""
        code = bytearray(self.code)
        for offset in self.pid_offsets:
            struct.pack_into("=I", code, offset, pid)
        return bytes(code)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]


def build(machine: Machine, *, writes: bool) -> Filter:
    """The filter for runs: what is not listed is refused; `writes` allows use of a folder."""
    return _assemble(machine, _blocks(machine, writes=writes))


def build_for_programs(machine: Machine) -> Filter:
    """The filter for other programs, such as a virtual machine: a run that may also be started."""
    listed = _listed(programs(machine), ALLOW)
    return _assemble(machine, listed | _blocks(machine, writes=True))


def install(code: bytes) -> None:
    """Put this process, and all it could ever start, under a filter; raises OSError."""
    program = _Program(len(code) // _INSTRUCTION.size, code)
    linux.control(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(program))


def _assemble(machine: Machine, blocks: _Blocks) -> Filter:
    steps = [
        # Code for another architecture would give the numbers another meaning.
        _Step(_LOAD, _AT_MACHINE),
        _Step(_IF_EQUAL, machine.audit, 1, 0),
        _Step(_RETURN, KILL),
        _Step(_LOAD, _AT_NUMBER),
        *_search(_segments(blocks, _OTHERS)),
    ]
    code = b"".join(_INSTRUCTION.pack(s.code, s.if_true, s.if_false, _word(s)) for s in steps)
    at_pid = [n for n, step in enumerate(steps) if step.value == OWN_PID]
    return Filter(code, tuple(n * _INSTRUCTION.size + 4 for n in at_pid))


def _blocks(machine: Machine, *, writes: bool) -> _Blocks:
    blocks = _listed(allowed(machine, writes=writes), ALLOW) | _conditional(checked(machine))
    return blocks | _listed(pretended(machine), PRETEND) if writes else blocks


def _word(step: _Step) -> int:
    return 0 if step.value == OWN_PID else step.value


def _listed(numbers: Mapping[str, int], action: int) -> _Blocks:
    return dict.fromkeys(numbers.values(), (_Step(_RETURN, action),))


def _conditional(numbers: Mapping[str, int]) -> _Blocks:
    return {
        number: (*chain.from_iterable(map(_check, CHECKS[name])), _Step(_RETURN, ALLOW))
        for name, number in numbers.items()
    }


def _segments(blocks: _Blocks, defaults: Mapping[int, int]) -> list[tuple[int, _Block]]:
    """All numbers, as ranges that are treated alike, by where each begins."""
    default = {number: (_Step(_RETURN, action),) for number, action in defaults.items()}
    segments: list[tuple[int, _Block]] = []
    for number in sorted({*default, *blocks, *(number + 1 for number in blocks)}):
        gap = default[max(start for start in default if start <= number)]
        block = blocks.get(number, gap)
        if not segments or segments[-1][1] != block:
            segments.append((number, block))
    return segments


def _search(segments: Sequence[tuple[int, _Block]]) -> list[_Step]:
    """A binary search: the kernel tries every number when a filter is installed."""
    if len(segments) == 1:
        return list(segments[0][1])
    middle = len(segments) // 2
    lower, upper = _search(segments[:middle]), _search(segments[middle:])
    return [_Step(_IF_AT_LEAST, segments[middle][0], len(lower), 0), *lower, *upper]


def _check(condition: Condition) -> Iterator[_Step]:
    yield _Step(_LOAD, _AT_ARGUMENTS + 8 * condition.argument + 4 * condition.is_upper)
    if condition.mask != 0xFFFFFFFF:
        yield _Step(_AND, condition.mask)
    for left, value in zip(range(len(condition.values), 0, -1), condition.values, strict=True):
        yield _Step(_IF_EQUAL, value, left, 0)
    yield _Step(_RETURN, REFUSE)
