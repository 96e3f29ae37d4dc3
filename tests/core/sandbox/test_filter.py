"""The seccomp filters, run by an interpreter of their language: also those of other machines."""

from __future__ import annotations

import errno
import os
import re
import signal
import struct
from pathlib import Path

import pytest

from core.sandbox.zygote import landlock, seccomp
from core.sandbox.zygote.seccomp import ALLOW, KILL, PRETEND, REFUSE, UNKNOWN
from core.sandbox.zygote.syscalls import (
    MACHINES,
    allowed,
    checked,
    pretended,
    programs,
)

PID = 4321
NAMES = sorted(MACHINES)
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
FORBIDDEN = {
    "x86_64": {
        *("fork", "vfork", "execve", "execveat", "ptrace", "socket", "connect", "bind"),
        *("sendmsg", "process_vm_readv", "tkill", "rt_sigqueueinfo", "setsid", "setpgid"),
        *("unshare", "setns", "mount", "umount2", "chroot", "pivot_root", "bpf", "keyctl"),
        *("perf_event_open", "userfaultfd", "chmod", "fchmod", "chown", "mkdir", "unlink"),
        *("rename", "link", "symlink", "truncate", "ftruncate", "mknod", "memfd_create"),
        *("setrlimit", "setuid", "capset", "personality", "shmget", "mq_open", "flock"),
    },
    "aarch64": {
        *("execve", "execveat", "ptrace", "socket", "connect", "bind", "sendmsg", "tkill"),
        *("process_vm_readv", "rt_sigqueueinfo", "setsid", "setpgid", "unshare", "setns"),
        *("mount", "umount2", "chroot", "pivot_root", "bpf", "keyctl", "perf_event_open"),
        *("userfaultfd", "fchmod", "fchmodat", "fchown", "mkdirat", "unlinkat", "renameat"),
        *("linkat", "symlinkat", "truncate", "ftruncate", "mknodat", "memfd_create"),
        *("setrlimit", "setuid", "capset", "personality", "shmget", "mq_open", "flock"),
    },
}


def decide(code: bytes, number: int, *arguments: int, machine: str) -> int:
    """What a filter answers to a call: the semantics of classic BPF, as far as it is used."""
    words = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("<IIQ6Q", number, MACHINES[machine].audit, 0, *words)
    steps = list(struct.iter_unpack("<HBBI", code))
    at, register = 0, 0
    while True:
        kind, if_true, if_false, value = steps[at]
        at += 1
        match kind:
            case 0x20:
                (register,) = struct.unpack_from("<I", data, value)
            case 0x54:
                register &= value
            case 0x15:
                at += if_true if register == value else if_false
            case 0x35:
                at += if_true if register >= value else if_false
            case 0x06:
                return int(value)
            case _:
                raise AssertionError(f"an unknown instruction {kind:#x}")


class Judge:
    """The filter of one machine, asked by names."""

    def __init__(self, machine: str, *, writes: bool = False) -> None:
        self.machine = machine
        found = seccomp.build(MACHINES[machine], writes=writes)
        self.code = found.bound_to(PID)
        self.numbers = {
            **allowed(MACHINES[machine], writes=True),
            **checked(MACHINES[machine]),
            **pretended(MACHINES[machine]),
            **programs(MACHINES[machine]),
        }

    def __call__(self, name: str, *arguments: int) -> int:
        return decide(self.code, self.numbers[name], *arguments, machine=self.machine)


@pytest.fixture(params=NAMES)
def judge(request: pytest.FixtureRequest) -> Judge:
    return Judge(request.param)


@pytest.mark.parametrize("machine", NAMES)
def test_what_is_listed_is_allowed_and_nothing_else(machine: str) -> None:
    judge = Judge(machine)
    listed = set(allowed(MACHINES[machine], writes=False).values())
    conditional = set(checked(MACHINES[machine]).values())
    for number in range(600):
        answer = decide(judge.code, number, machine=machine)
        if number in listed:
            assert answer == ALLOW, number
        elif number not in conditional:
            assert answer == (UNKNOWN if number >= 424 else REFUSE), number


@pytest.mark.parametrize("machine", NAMES)
def test_numbers_are_those_of_the_kernels_headers(machine: str) -> None:
    if not HEADERS[machine].exists():
        pytest.skip("the headers of the kernel are not installed")
    pattern = re.compile(r"#define __NR(?:3264)?_(\w+)\s+(\d+)$", re.M)
    found = pattern.findall(HEADERS[machine].read_text())
    numbers = {name: int(number) for name, number in reversed(found)}
    judge = Judge(machine)
    for name, number in judge.numbers.items():
        known = {"newfstatat": "fstatat"}.get(name, name) if machine == "aarch64" else name
        assert numbers.get(known, number) == number, name
    assert len(set(numbers) & set(judge.numbers)) > 120
    for name in FORBIDDEN[machine]:
        assert decide(judge.code, numbers[name], machine=machine) in (REFUSE, UNKNOWN), name
    assert decide(judge.code, numbers["io_uring_setup"], machine=machine) == UNKNOWN


@pytest.mark.parametrize("machine", NAMES)
def test_code_of_another_architecture_ends_the_process(machine: str) -> None:
    (other,) = {*NAMES} - {machine}
    judge = Judge(machine)
    assert decide(judge.code, 0, machine=other) == KILL
    assert decide(judge.code, 0x40000000, machine=machine) == KILL
    assert decide(judge.code, 0xFFFFFFFF, machine=machine) == KILL


def test_a_thread_may_be_made_and_a_process_may_not(judge: Judge) -> None:
    assert judge("clone", 0x3D0F00) == ALLOW
    assert judge("clone", 0x7D0F00) == ALLOW
    assert judge("clone", signal.SIGCHLD) == REFUSE
    assert judge("clone", 0) == REFUSE
    for namespace in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x40000000):
        assert judge("clone", 0x3D0F00 | namespace) == REFUSE


def test_signals_reach_the_run_alone(judge: Judge) -> None:
    for name in ("kill", "tgkill"):
        assert judge(name, PID, 9) == ALLOW
        for target in (1, PID + 1, 0, 0xFFFFFFFF, 0xFFFFFFFF & -PID):
            assert judge(name, target, 9) == REFUSE


def test_limits_are_read_and_never_set(judge: Judge) -> None:
    assert judge("prlimit64", 0, 7, 0, 0x1000) == ALLOW
    assert judge("prlimit64", 0, 7, 0x1000, 0) == REFUSE
    assert judge("prlimit64", 0, 7, 0x7F00_00000000, 0) == REFUSE


def test_reading_never_empties_a_file(judge: Judge) -> None:
    for flags in (os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_RDWR, os.O_WRONLY | os.O_TRUNC):
        assert judge("openat", 0, 0, flags) == ALLOW
    assert judge("openat", 0, 0, os.O_RDONLY | os.O_TRUNC | os.O_CREAT) == REFUSE


def test_no_descriptor_signals_others_and_no_socket_has_a_name(judge: Judge) -> None:
    for command in (8, 10, 15, 1026):
        assert judge("fcntl", 3, command) == REFUSE
    assert judge("fcntl", 3, 2) == ALLOW
    for command in (0x8901, 0x8902, 0x5412, 0x541D):
        assert judge("ioctl", 3, command) == REFUSE
    assert judge("ioctl", 3, 0x5421) == ALLOW
    assert judge("socketpair", 1) == ALLOW
    assert judge("socketpair", 2) == REFUSE
    assert judge("sendto", 3, 0x1000, 5, 0, 0) == ALLOW
    assert judge("sendto", 3, 0x1000, 5, 0, 0x7F00_00000000) == REFUSE


def test_a_run_with_a_folder_may_use_it_and_no_more() -> None:
    for machine in NAMES:
        judge = Judge(machine, writes=True)
        assert judge("unlinkat", 3) == ALLOW
        assert judge("fchmod", 3) == PRETEND
        assert judge("kill", 1, 9) == REFUSE


def test_errors_are_those_that_libraries_know() -> None:
    assert REFUSE & 0xFFFF == errno.EPERM
    assert UNKNOWN & 0xFFFF == errno.ENOSYS
    assert PRETEND & 0xFFFF == 0


@pytest.mark.parametrize(
    ("version", "size", "lacks"),
    [
        (1, 8, landlock.Right.REFER | landlock.Right.TRUNCATE | landlock.Right.IOCTL_DEV),
        (2, 8, landlock.Right.TRUNCATE | landlock.Right.IOCTL_DEV),
        (3, 8, landlock.Right.IOCTL_DEV),
        (4, 16, landlock.Right.IOCTL_DEV),
        (5, 16, landlock.Right(0)),
        (6, 24, landlock.Right(0)),
        (9, 24, landlock.Right(0)),
    ],
)
def test_every_version_of_landlock_holds_back_all_it_knows(
    version: int, size: int, lacks: landlock.Right
) -> None:
    attributes = landlock.describe(version)
    assert len(attributes) == size
    files, *rest = struct.unpack(f"={size // 8}Q", attributes)
    assert files == 0xFFFF & ~lacks
    assert set(rest) <= {3}


@pytest.mark.parametrize("machine", NAMES)
def test_another_program_is_a_run_that_may_be_started(machine: str) -> None:
    theirs = seccomp.build_for_programs(MACHINES[machine]).bound_to(PID)
    ours = Judge(machine, writes=True)
    more = {
        number
        for number in range(600)
        if decide(theirs, number, machine=machine) != decide(ours.code, number, machine=machine)
    }
    assert more == set(programs(MACHINES[machine]).values())
    assert {decide(theirs, number, machine=machine) for number in more} == {ALLOW}
    ours.code = theirs
    assert ours("kill", PID, 0) == ALLOW
    assert ours("kill", 1, 0) == REFUSE
    assert ours("clone", signal.SIGCHLD) == REFUSE
    assert ours("prlimit64", 1, 7, 0x1000, 0) == REFUSE
    assert decide(theirs, 0x40000000, machine=machine) == KILL
