"""Attacks on the confinement: bodies of functions that return GOT_IN when they succeed.

They prove that they could, and do no harm: what they write, signal or connect to is the
test's own. `W` holds the places; `call` makes a system call by its name.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

GOT_IN = "got-in"

_NUMBERS = {
    "add_key": (248, 217),
    "bpf": (321, 280),
    "clone": (56, 220),
    "clone3": (435, 435),
    "execveat": (322, 281),
    "fanotify_init": (300, 262),
    "io_uring_setup": (425, 425),
    "kcmp": (312, 272),
    "memfd_create": (319, 279),
    "mount": (165, 40),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "prlimit64": (302, 261),
    "process_vm_readv": (310, 270),
    "ptrace": (101, 117),
    "reboot": (169, 142),
    "rt_sigqueueinfo": (129, 138),
    "shmget": (29, 194),
    "syslog": (103, 116),
    "tkill": (200, 130),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}

_PRELUDE = """
import ctypes, os
W = {world!r}
MARK = "got" + "-in"
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *args):
    libc.syscall.restype = ctypes.c_long
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in args]
    result = libc.syscall(ctypes.c_long({numbers!r}[name][W["column"]]), *words)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result
"""

FILES = {
    "read a file of the user": """
        if "TOP SECRET" in open(W["secret"]).read(): return MARK
    """,
    "read the password file": "if open('/etc/passwd').read(): return MARK",
    "list the root folder": "if os.listdir('/'): return MARK",
    "walk up from its own folder": """
        found = [name for _, _, names in os.walk("../../..") for name in names]
        if os.path.basename(W["secret"]) in found or os.listdir("../.."): return MARK
    """,
    "read through a link to a file": """
        os.symlink(W["secret"], W["folder"] + "/link-r")
        if open(W["folder"] + "/link-r").read(): return MARK
    """,
    "read an inherited descriptor": """
        for fd in range(3, 1024):
            try:
                if b"TOP SECRET" in os.pread(fd, 100, 0): return MARK
            except OSError: pass
    """,
    "write a file": "open(W['folder'] + '/new', 'w').close(); return MARK",
    "write into its own folder": "open('new', 'w').close(); return MARK",
    "write to the temporary folder": """
        path = f"/tmp/gemel-attack-{os.getpid()}"
        open(path, "w").close(); os.unlink(path); return MARK
    """,
    "write to shared memory": """
        path = f"/dev/shm/gemel-attack-{os.getpid()}"
        open(path, "w").close(); os.unlink(path); return MARK
    """,
    "append to a file": "open(W['victim'], 'a').write('x'); return MARK",
    "empty a file by reading": """
        os.open(W["victim"], os.O_RDONLY | os.O_TRUNC); return MARK
    """,
    "empty a file that it may read": """
        os.open(W["readable"], os.O_RDONLY | os.O_TRUNC); return MARK
    """,
    "cut a file": "os.truncate(W['victim'], 0); return MARK",
    "delete a file": "os.unlink(W['doomed']); return MARK",
    "delete a tree": "import shutil; shutil.rmtree(W['tree']); os.mkdir(W['tree']); return MARK",
    "rename a file": "os.rename(W['renamed'], W['renamed'] + '2'); return MARK",
    "make a folder": "os.mkdir(W['folder'] + '/made'); return MARK",
    "make a link": "os.symlink('/', W['folder'] + '/link'); return MARK",
    "make a second name for a file": "os.link(W['readable'], W['folder'] + '/hard'); return MARK",
    "make a named pipe": "os.mkfifo(W['folder'] + '/fifo'); return MARK",
    "make a file without a name": """
        os.open(W["folder"], os.O_TMPFILE | os.O_WRONLY, 0o600); return MARK
    """,
    "change the mode of a file": "os.chmod(W['victim'], 0o600); return MARK",
    "change the mode of an open file": """
        os.fchmod(os.open(W["readable"], os.O_RDONLY), 0o644); return MARK
    """,
    "change the owner of a file": "os.chown(W['victim'], os.getuid(), -1); return MARK",
    "change the times of a file": "os.utime(W['readable']); return MARK",
    "give a file an attribute": "os.setxattr(W['victim'], 'user.x', b'1'); return MARK",
    "lock a file": """
        import fcntl
        fcntl.flock(os.open(W["readable"], os.O_RDONLY), fcntl.LOCK_EX); return MARK
    """,
}

SECRETS = {
    "read the key from its environment": "if 'TOGETHER_API_KEY' in os.environ: return MARK",
    "read the key from the environment of its process": """
        if b"TOGETHER_API_KEY" in open("/proc/self/environ", "rb").read(): return MARK
    """,
    "read the key from the environment of its parents": """
        pid = os.getppid()
        while pid > 1:
            if b"TOGETHER_API_KEY" in open(f"/proc/{pid}/environ", "rb").read(): return MARK
            pid = int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
    """,
    "read the key from any process": """
        for name in os.listdir("/proc"):
            try:
                if b"TOGETHER_API_KEY" in open(f"/proc/{name}/environ", "rb").read(): return MARK
            except OSError: pass
    """,
    "search the start of its own stack": """
        libc.getauxval.restype, at = ctypes.c_ulong, ctypes.c_ulong(31)  # AT_EXECFN
        end = libc.getauxval(at)
        if b"TOGETHER" + b"_API_KEY=" in ctypes.string_at(end - 1000, 1000): return MARK
    """,
    "read the memory of its parent": """
        maps = open(f"/proc/{os.getppid()}/maps").readline()
        with open(f"/proc/{os.getppid()}/mem", "rb") as file:
            file.seek(int(maps.split("-")[0], 16))
            if file.read(16): return MARK
    """,
    "read its parent's memory by a call": """
        buffer = ctypes.create_string_buffer(8)
        class Piece(ctypes.Structure): _fields_ = [("at", ctypes.c_void_p), ("n", ctypes.c_size_t)]
        here, there = Piece(ctypes.addressof(buffer), 8), Piece(id(None), 8)
        call("process_vm_readv", os.getppid(), ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
        return MARK
    """,
    "take a descriptor of its parent": """
        fd = call("pidfd_open", os.getppid(), 0)
        call("pidfd_getfd", fd, 0, 0)
        return MARK
    """,
    "rewrite its own memory by the file of it": """
        with open("/proc/self/mem", "r+b", buffering=0) as file: return MARK
    """,
}

NETWORK = {
    "connect to a port": """
        import socket
        socket.create_connection(("127.0.0.1", W["port"]), 2).close(); return MARK
    """,
    "listen on a port": """
        import socket
        with socket.socket() as s: s.bind(("127.0.0.1", 0)); s.listen(); return MARK
    """,
    "send a datagram": """
        import socket
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b"key", ("127.0.0.1", W["port"])); return MARK
    """,
    "connect to a local socket": """
        import socket
        with socket.socket(socket.AF_UNIX) as s: s.connect(W["socket"]); return MARK
    """,
    "connect to an abstract socket": """
        import socket
        with socket.socket(socket.AF_UNIX) as s: s.connect(W["abstract"]); return MARK
    """,
    "send to a local socket from one of a pair": """
        import socket
        one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        one.sendto(b"key", W["datagrams"]); return MARK
    """,
    "pass a message to a local socket from one of a pair": """
        import socket
        one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        one.sendmsg([b"key"], [], 0, W["datagrams"]); return MARK
    """,
    "talk to the kernel by netlink": """
        import socket
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close(); return MARK
    """,
    "set up io_uring": "call('io_uring_setup', 4, ctypes.create_string_buffer(120)); return MARK",
}

PROCESSES = {
    "fork": """
        pid = os.fork()
        if pid == 0: os._exit(0)
        os.waitpid(pid, 0); return MARK
    """,
    "fork by the raw call": """
        pid = call("clone", 17, 0, 0, 0, 0)
        if pid == 0: os._exit(0)
        os.waitpid(pid, 0); return MARK
    """,
    "fork by the newest call": """
        args = (ctypes.c_uint64 * 11)(0, 0, 0, 0, 17)
        pid = call("clone3", ctypes.byref(args), 88)
        if pid == 0: os._exit(0)
        os.waitpid(pid, 0); return MARK
    """,
    "start a program": """
        import subprocess
        if subprocess.run(["/bin/echo"], capture_output=True).returncode == 0: return MARK
    """,
    "spawn a program": """
        pid = os.posix_spawn("/bin/true", ["true"], {})
        os.waitpid(pid, 0); return MARK
    """,
    "become a program": "os.execv('/bin/echo', ['echo', MARK])",
    "become a program that is in memory alone": """
        fd = call("memfd_create", b"x", 0)
        os.write(fd, open("/bin/echo", "rb").read())
        os.execve(fd, ["echo", MARK], {})
    """,
    "run a shell out of a pickle": """
        import pickle
        if pickle.loads(b"cos\\nsystem\\n(S'exit 0'\\ntR.") == 0: return MARK
    """,
    "signal its parent": "os.kill(os.getppid(), 0); return MARK",
    "signal all processes": "os.kill(-1, 0); return MARK",
    "signal the group of its parent": "os.killpg(os.getpgid(os.getppid()), 0); return MARK",
    "signal a process by its descriptor": """
        fd = call("pidfd_open", W["pid"], 0)
        call("pidfd_send_signal", fd, 0, 0, 0); return MARK
    """,
    "signal a thread of another process": "call('tkill', W['pid'], 0); return MARK",
    "queue a signal for its parent": """
        info = (ctypes.c_int * 32)(0, 0, -1)
        call("rt_sigqueueinfo", os.getppid(), 0, ctypes.byref(info)); return MARK
    """,
    "have the kernel signal its parent": """
        import fcntl
        reader, writer = os.pipe()
        fcntl.fcntl(reader, fcntl.F_SETOWN, os.getppid())
        fcntl.fcntl(reader, fcntl.F_SETSIG, 9); return MARK
    """,
    "have a socket signal its parent": """
        import fcntl, socket, struct
        one, other = socket.socketpair()
        fcntl.ioctl(one, 0x8901, struct.pack("i", os.getppid())); return MARK
    """,
    "trace its parent": """
        call("ptrace", 0x4206, os.getppid(), 0, 0); return MARK
    """,
    "limit its parent": """
        limit = (ctypes.c_uint64 * 2)()
        call("prlimit64", os.getppid(), 7, 0, ctypes.byref(limit))
        call("prlimit64", os.getppid(), 7, ctypes.byref(limit), 0); return MARK
    """,
    "change the priority of its parent": """
        os.setpriority(os.PRIO_PROCESS, os.getppid(), os.getpriority(os.PRIO_PROCESS, os.getppid()))
        return MARK
    """,
    "move its parent to another core": """
        os.sched_setaffinity(os.getppid(), os.sched_getaffinity(os.getppid())); return MARK
    """,
    "leave its group": "os.setpgid(0, 0); return MARK",
    "outlive its server": """
        if libc.prctl(1, 0, 0, 0, 0) == 0: return MARK
    """,
    "raise its own limits": """
        import resource
        for kind in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE):
            resource.setrlimit(kind, resource.getrlimit(kind))
        return MARK
    """,
}

KERNEL = {
    "load a program into the kernel": """
        try: call("bpf", 0, ctypes.create_string_buffer(120), 0)
        except OSError as error:
            if error.errno not in (1, 38): return MARK
    """,
    "make a namespace": "call('unshare', 0x10000000); return MARK",
    "mount": """
        call("mount", b"none", W["tree"].encode(), b"tmpfs", 0, 0)
        libc.umount2(W["tree"].encode(), 2); return MARK
    """,
    "make shared memory": "call('shmget', 0, 4096, 0o1600); return MARK",
    "store a key in the kernel": "call('add_key', b'user', b'x', b'y', 1, -3); return MARK",
    "watch page faults": "call('userfaultfd', 1); return MARK",
    "make a file in memory": "call('memfd_create', b'x', 0); return MARK",
    "compare kernel objects": "call('kcmp', W['pid'], W['pid'], 1, 0, 0); return MARK",
    "become another kind of process": "call('personality', 0x0040000); return MARK",
    "change its root": "os.chroot(W['folder']); return MARK",
    "watch a folder": """
        if libc.inotify_init() >= 0: return MARK
    """,
    "enter by the door of another architecture": """
        import mmap
        if W["column"]: return "out"
        code = mmap.mmap(-1, 4096, prot=7)
        code.write(bytes.fromhex("53b814000000cd805bc3"))  # getpid by int 0x80
        start = ctypes.addressof(ctypes.c_char.from_buffer(code))
        if ctypes.CFUNCTYPE(ctypes.c_int)(start)() == os.getpid(): return MARK
    """,
    "enter by the numbers of x32": """
        libc.syscall.restype = ctypes.c_long
        if libc.syscall(ctypes.c_long(0x40000000 + 39)) == os.getpid(): return MARK
    """,
}

DETOURS = {
    "read by the names of its own descriptors": """
        for name in os.listdir("/proc/self/fd"):
            path = f"/proc/self/fd/{name}"
            try:
                if os.path.isfile(path) and "TOP SECRET" in open(path).read(): return MARK
            except OSError: pass
    """,
    "look at the files of its parent": """
        if os.readlink(f"/proc/{os.getppid()}/exe"): return MARK
    """,
    "go round by the root of its parent": """
        if os.listdir(f"/proc/{os.getppid()}/root" + W["folder"]): return MARK
    """,
    "go round by the folder of a process": """
        if "TOP SECRET" in open("/proc/self/root" + W["secret"]).read(): return MARK
    """,
    "read by a path that is wound": """
        up = "/".join([".."] * 40)
        if "TOP SECRET" in open(f"{up}{W['secret']}").read(): return MARK
    """,
    "read from an open folder": """
        place = os.open("/", os.O_PATH)
        if os.open(W["secret"][1:], os.O_RDONLY, dir_fd=place): return MARK
    """,
    "open a file without its name": """
        handle = ctypes.create_string_buffer(bytes(8) + bytes(128))
        try: call("open_by_handle_at", -100, handle, 0)
        except OSError as error:
            if error.errno not in (1, 38): return MARK
    """,
    "read settings of the kernel": """
        if open("/proc/sys/kernel/osrelease").read(): return MARK
    """,
    "read the log of the kernel": "call('syslog', 10, 0, 0); return MARK",
    "see all that is mounted": "if open('/proc/self/mountinfo').read(): return MARK",
    "watch every file": "call('fanotify_init', 0, 0); return MARK",
    "set the clock": """
        import time
        try: time.clock_settime_ns(time.CLOCK_REALTIME, -1)
        except OSError as error:
            if error.errno == 22: return MARK  # it was looked at
    """,
    "start the machine again": """
        try: call("reboot", 0, 0, 0, 0)
        except OSError as error:
            if error.errno == 22: return MARK
    """,
    "name the machine": "import socket; socket.sethostname(socket.gethostname()); return MARK",
}

ATTACKS: Mapping[str, str] = {
    **FILES, **SECRETS, **NETWORK, **PROCESSES, **KERNEL, **DETOURS,
}  # fmt: skip

NOT_EVERYWHERE = frozenset(
    {
        *("load a program into the kernel", "make a namespace", "mount", "change its root"),
        *("watch page faults", "set up io_uring", "store a key in the kernel"),
        *("enter by the door of another architecture", "enter by the numbers of x32"),
        *("trace its parent", "compare kernel objects", "take a descriptor of its parent"),
        *("give a file an attribute", "read its parent's memory by a call"),
        *("read the memory of its parent", "queue a signal for its parent"),
        *("signal the group of its parent", "make a file without a name", "watch every file"),
        *("read the log of the kernel", "set the clock", "start the machine again"),
        *("name the machine", "open a file without its name"),
    }
)
"""What needs root, a kernel built for it, or a file system that can: the others work anywhere."""


def program(name: str, world: Mapping[str, object]) -> str:
    """A program whose `f` is the attack."""
    body = textwrap.indent(textwrap.dedent(ATTACKS[name]).strip(), "    ")
    prelude = _PRELUDE.format(world=dict(world), numbers=_NUMBERS)
    return f"{prelude}\ndef f(a):\n{body}\n    return 'out'\n"
