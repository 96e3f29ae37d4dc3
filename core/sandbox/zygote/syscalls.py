"""The system calls a run may make, as data: numbers by architecture, conditions on arguments.

What is not listed does not happen. Numbers are those of the Linux headers: asm/unistd_64.h
for x86_64 and asm-generic/unistd.h for aarch64, which lacks the older calls.
"""

from __future__ import annotations

from typing import NamedTuple

OWN_PID = -1
"""Stands for the number of the process that the filter is for."""
N_SINCE_5_1 = 424
"""From here on numbers are new and the same everywhere; libraries know how to do without."""


class Condition(NamedTuple):
    """What one argument must be: its bits under the mask have one of the values."""

    argument: int
    values: tuple[int, ...]
    mask: int = 0xFFFFFFFF
    is_upper: bool = False
    """Look at the upper half of the 64 bits instead of the lower."""


class Machine(NamedTuple):
    """What a filter must know of an architecture."""

    audit: int
    """Its AUDIT_ARCH number."""
    column: int
    """Its place in the tables below."""


MACHINES = {"x86_64": Machine(0xC000003E, 0), "aarch64": Machine(0xC00000B7, 1)}

_ALLOWED = """
read 0 63, write 1 64, readv 19 65, writev 20 66, pread64 17 67, pwrite64 18 68, preadv 295 69,
pwritev 296 70, lseek 8 62, close 3 57, close_range 436 436, dup 32 23, dup2 33 -, dup3 292 24,
pipe 22 -, pipe2 293 59, stat 4 -, fstat 5 80, lstat 6 -, newfstatat 262 79, statx 332 291,
statfs 137 43, fstatfs 138 44, access 21 -, faccessat 269 48, faccessat2 439 439,
getdents 78 -, getdents64 217 61, readlink 89 -, readlinkat 267 78, getcwd 79 17, chdir 80 49,
fchdir 81 50, umask 95 166, fsync 74 82, fdatasync 75 83, fadvise64 221 223,

mmap 9 222, munmap 11 215, mremap 25 216, mprotect 10 226, brk 12 214, madvise 28 233,
msync 26 227, futex 202 98, membarrier 324 283, rseq 334 293, set_robust_list 273 99,
get_robust_list 274 100, set_tid_address 218 96, arch_prctl 158 -,

poll 7 -, ppoll 271 73, select 23 -, pselect6 270 72, epoll_create 213 -, epoll_create1 291 20,
epoll_ctl 233 21, epoll_wait 232 -, epoll_pwait 281 22, epoll_pwait2 441 441, eventfd 284 -,
eventfd2 290 19, timerfd_create 283 85, timerfd_settime 286 86, timerfd_gettime 287 87,
recvfrom 45 207, shutdown 48 210, getsockname 51 204, getpeername 52 205, getsockopt 55 209,

rt_sigaction 13 134, rt_sigprocmask 14 135, rt_sigreturn 15 139, rt_sigpending 127 136,
rt_sigtimedwait 128 137, rt_sigsuspend 130 133, sigaltstack 131 132, restart_syscall 219 128,
pause 34 -, alarm 37 -, setitimer 38 103, getitimer 36 102,

exit 60 93, exit_group 231 94, wait4 61 260, waitid 247 95, gettid 186 178, getpid 39 172,
getppid 110 173, getpgrp 111 -, getpgid 121 155, getsid 124 156, getuid 102 174,
geteuid 107 175, getgid 104 176, getegid 108 177, getresuid 118 148, getresgid 120 150,
getgroups 115 158, getpriority 140 141, getrlimit 97 163, getrusage 98 165, times 100 153,
sysinfo 99 179, uname 63 160, getrandom 318 278, getcpu 309 168, sched_yield 24 124,
sched_getaffinity 204 123, sched_getscheduler 145 120, sched_getparam 143 121,
time 201 -, gettimeofday 96 169, clock_gettime 228 113, clock_getres 229 114,
nanosleep 35 101, clock_nanosleep 230 115
"""

_CHECKED = """
open 2 -, openat 257 56, clone 56 220, kill 62 129, tgkill 234 131, prlimit64 302 261,
fcntl 72 25, ioctl 16 29, prctl 157 167, socketpair 53 199, sendto 44 206
"""

_WRITING = """
creat 85 -, mkdir 83 -, mkdirat 258 34, rmdir 84 -, unlink 87 -, unlinkat 263 35,
rename 82 -, renameat 264 38, renameat2 316 276, link 86 -, linkat 265 37, symlink 88 -,
symlinkat 266 36, ftruncate 77 46, flock 73 32
"""

_PRETENDED = """
chmod 90 -, fchmod 91 52, fchmodat 268 53, fchmodat2 452 452, utime 132 -, utimes 235 -,
utimensat 280 88, futimesat 261 -
"""

_PROGRAMS = """
execve 59 221, sendfile 40 71, copy_file_range 326 285, mincore 27 232
"""

_THREAD, _THREAD_FLAGS = 0x00010000, 0x007D0F00
_TRUNC, _ACCESS_MODE = 0o1000, 0o3
# Reading that empties the file passes for reading with Landlock before Linux 6.2.
_OPENING = (0, 1, 2, 3, _TRUNC | 1, _TRUNC | 2, _TRUNC | 3)
_AF_UNIX = 1
_NULL = (0,)

CHECKS: dict[str, tuple[Condition, ...]] = {
    "open": (Condition(1, _OPENING, _TRUNC | _ACCESS_MODE),),
    "openat": (Condition(2, _OPENING, _TRUNC | _ACCESS_MODE),),
    # A thread, never a process: CLONE_THREAD, and no flag but those of pthread_create.
    "clone": (Condition(0, (_THREAD,), 0xFFFFFFFF & ~(_THREAD_FLAGS & ~_THREAD)),),
    "kill": (Condition(0, (OWN_PID,)),),
    "tgkill": (Condition(0, (OWN_PID,)),),
    # Limits may be read; root could raise them.
    "prlimit64": (Condition(2, _NULL), Condition(2, _NULL, is_upper=True)),
    # No F_SETOWN and F_SETSIG, which would send signals to others: DUPFD, GETFD, SETFD,
    # GETFL, SETFL, GETLK, SETLK, SETLKW, DUPFD_CLOEXEC, SETPIPE_SZ, GETPIPE_SZ, GET_SEALS.
    "fcntl": (Condition(1, (0, 1, 2, 3, 4, 5, 6, 7, 1030, 1031, 1032, 1034)),),
    # TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX.
    "ioctl": (Condition(1, (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)),),
    # PR_SET_NAME, PR_GET_NAME.
    "prctl": (Condition(0, (15, 16)),),
    # An event loop wakes itself over a pair of its own; such a pair reaches nobody else.
    "socketpair": (Condition(0, (_AF_UNIX,)),),
    "sendto": (Condition(4, _NULL), Condition(4, _NULL, is_upper=True)),
}


def _numbers(table: str, column: int) -> dict[str, int]:
    rows = [entry.split() for entry in table.split(",")]
    return {row[0]: int(row[1 + column]) for row in rows if row[1 + column] != "-"}


def allowed(machine: Machine, *, writes: bool) -> dict[str, int]:
    """Calls that are allowed whatever their arguments; `writes` adds those on folders."""
    return _numbers(_ALLOWED + "," + _WRITING if writes else _ALLOWED, machine.column)


def checked(machine: Machine) -> dict[str, int]:
    """Calls that are allowed when their `CHECKS` hold."""
    return _numbers(_CHECKED, machine.column)


def pretended(machine: Machine) -> dict[str, int]:
    """Calls that say they succeeded and do nothing, for runs that may write."""
    return _numbers(_PRETENDED, machine.column)


def programs(machine: Machine) -> dict[str, int]:
    """Calls that other programs may make besides: such a one is started by `execve`, and which
    files that may name is for Landlock to say.
    """
    return _numbers(_PROGRAMS, machine.column)
