"""Wrong programs that try to be taken for right ones where a case is judged by its value."""

from __future__ import annotations

import textwrap

from core.sandbox.run import Limits

LIMITS = Limits(cpu_s=1, wall_s=20, memory_bytes=384 << 20)

FORGERIES = {
    "leaves with success": "import sys\ndef f(a): sys.exit(0)",
    "leaves at once": "import os\ndef f(a): os._exit(0)",
    "leaves at once while loading": "import os\nos._exit(0)",
    "leaves with success at the end": """
        import atexit, os
        atexit.register(os._exit, 0)
        def f(a): return 0
    """,
    "says that all passed": "def f(a): print('1 passed in 0.01s'); raise SystemExit(0)",
    "equals everything": """
        class Yes:
            def __eq__(self, other): return True
            def __hash__(self): return 0
            def __repr__(self): return 'X'
        def f(a): return Yes()
    """,
    "is a string that equals everything": """
        class Yes(str):
            def __eq__(self, other): return True
            __hash__ = str.__hash__
        def f(a): return Yes('x')
    """,
    "answers with an expression": "def f(a): return '\\' or True or \\''",
    "pickles into what it likes": """
        class Sly:
            def __reduce__(self): return (eval, ('1',))
        def f(a): return Sly()
    """,
    "patches builtins": """
        import builtins
        builtins.repr = lambda value: 'X'
        builtins.type = lambda value: str
        builtins.compile = builtins.isinstance = lambda *a: True
        def f(a): return 0
    """,
    "patches json and the operators": """
        import json, operator
        json.dumps = json.encoder.encode_basestring_ascii = lambda value: '"X"'
        operator.eq = lambda a, b: True
        def f(a): return 0
    """,
    "patches the writer of values": """
        import sys
        for name, module in list(sys.modules.items()):
            for word in ('show', 'Unshowable', '_describe'):
                if hasattr(module, word): setattr(module, word, lambda value, *rest: 'X')
        def f(a): return 0
    """,
    "patches the report": """
        import gc
        for thing in gc.get_objects():
            if type(thing).__name__ == 'Report':
                send = type(thing).send
                type(thing).send = lambda self, record: send(self, {**record, 'kind': 'passed'})
        def f(a): return 0
    """,
    "writes frames to every descriptor": """
        import os
        def f(a):
            for fd in range(3, 64):
                for text in (b'{"case":0,"kind":"passed"}', b'\\0' * 16 + b'\\0\\0\\0\\2{}'):
                    try: os.write(fd, text)
                    except OSError: pass
            return 0
    """,
    "reports by the nonce, which it finds": """
        import gc
        report = next(x for x in gc.get_objects() if type(x).__name__ == 'Report')
        def f(a):
            for kind in ('passed', 'value', 'test'):
                report.send({'case': 0, 'kind': kind, 'outcome': 'passed', 'text': '0'})
            return 0
    """,
    "walks up the frames": """
        import sys
        def f(a):
            frame, found = sys._getframe(), []
            while frame:
                for value in list(frame.f_locals.values()) + list(frame.f_globals.values()):
                    found.append(repr(value))
                frame = frame.f_back
            return next((x for x in found if 'gold' + '-' in x), 0)
    """,
    "searches all objects": """
        import gc
        def parts(value, depth):
            if isinstance(value, (str, bytes)): yield str(value)
            elif depth and isinstance(value, dict):
                yield from parts(list(value), depth)
                yield from parts(list(value.values()), depth)
            elif depth and isinstance(value, (list, tuple, set)):
                for one in list(value): yield from parts(one, depth - 1)
        def f(a):
            for thing in gc.get_objects():
                for text in parts(thing, 2):
                    if 'gold' + '-' in text: return text[text.index('gold' + '-'):][:21]
            return 0
    """,
    "searches its memory": """
        import ctypes, sys
        def f(a):
            start = id(object()) & ~0xfffff
            data = ctypes.string_at(start, 1 << 20)
            at = data.find(b'gold' + b'-')
            return data[at:at + 21].decode('ascii', 'replace') if at >= 0 else 0
    """,
    "reads where tests may be": """
        import os
        def f(a):
            for folder, _, names in os.walk('..'):
                for name in names:
                    text = open(os.path.join(folder, name)).read()
                    if 'gold' + '-' in text: return text[text.index('gold' + '-'):][:21]
            return 0
    """,
    "imports the engine": "def f(a):\n    import core.suites.kata as kata\n    return kata",
    "imports the tests": "def f(a):\n    import tests.core.sandbox.test_fakes as t\n    return t",
    "leaves a thread that reports later": """
        import gc, threading, time
        report = next(x for x in gc.get_objects() if type(x).__name__ == 'Report')
        def late():
            while True: report.send({'case': 0, 'kind': 'value', 'text': '0'})
        def f(a):
            threading.Thread(target=late, daemon=True).start()
            time.sleep(0.05)
            return 0
    """,
    "answers in a signal handler": """
        import signal, sys
        def handler(number, frame):
            while frame:
                if 'outcome' in frame.f_locals: frame.f_locals['outcome'] = {'kind': 'passed'}
                frame = frame.f_back
        signal.signal(signal.SIGALRM, handler)
        def f(a):
            signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
            return 0
    """,
    "answers by a trace function": """
        import sys
        def trace(frame, event, value):
            frame.f_trace_opcodes = True
            if event == 'return' and frame.f_code.co_name == 'show': raise SystemExit('X')
            return trace
        def f(a): sys.settrace(trace); return 0
    """,
    "closes the report": "import os\ndef f(a): os.closerange(3, 9); return 0",
    "names itself after the right value": """
        class X(BaseException): pass
        def f(a): raise X('X')
    """,
    "crashes": "import ctypes\ndef f(a): return ctypes.string_at(0)",
    "recurses until the stack ends": """
        import sys
        sys.setrecursionlimit(10 ** 6)
        def f(a): return f(a)
    """,
    "fills the memory": "def f(a): return [bytearray(1 << 26) for _ in range(1000)]",
    "starts threads without end": """
        import threading, time
        def f(a):
            while True: threading.Thread(target=time.sleep, args=(9,), daemon=True).start()
    """,
    "returns something endless": """
        def f(a):
            value = []
            for _ in range(75): value = [value, value]
            return value
    """,
    "returns a number that is long to write": "def f(a): return 7 ** 400_000",
    "returns a cycle": "def f(a):\n    value = []\n    value.append(value)\n    return value",
    "says that it is another class": """
        class Sly:
            @property
            def __class__(self): return str
            def __str__(self): return 'X'
            __repr__ = __format__ = __str__
        def f(a): return Sly()
    """,
    "is called as it likes": """
        class Meta(type):
            @property
            def __name__(cls): return Name('str')
        class Name(str):
            def __format__(self, spec): raise SystemExit('X')
            __str__ = __repr__ = __format__
        class Sly(metaclass=Meta): pass
        def f(a): return Sly()
    """,
    "changes what it returned": """
        import threading
        def f(a):
            value = [0]
            def flip():
                while True: value[:] = ['X'] * (len(value) % 7 + 1)
            threading.Thread(target=flip, daemon=True).start()
            return value
    """,
    "raises what cannot be told": """
        class Deep(Exception):
            def __str__(self): return str(self)
            __repr__ = __str__
        def f(a): raise Deep()
    """,
    "raises what never ends to tell": """
        class Long(Exception):
            def __str__(self): return 'x' * (1 << 28)
        def f(a): raise Long()
    """,
    "raises a group without end": """
        def f(a):
            error = ValueError('X')
            for _ in range(5000): error = ExceptionGroup('X', [error])
            raise error
    """,
    "chains errors into a ring": """
        def f(a):
            one, other = ValueError('X'), ValueError('Y')
            one.__cause__, other.__cause__ = other, one
            raise one
    """,
    "returns a generator without end": """
        def f(a):
            while True: yield a
    """,
    "looks like the right value": "def f(a): return '\\u0261old-\\u202e\\u200b'",
    "prints surrogates and controls": """
        import sys
        def f(a):
            sys.stdout.reconfigure(errors='surrogatepass')
            print('\\x1b]0;gold\\x07\\x9b2J\\ud800\\u202epassed')
            return '\\ud800'
    """,
    "floods by a descriptor of its own": """
        import os
        def f(a):
            fd = os.dup(1)
            while True: os.write(fd, b'passed' * 10_000)
    """,
    "uses up all descriptors": """
        import os
        def f(a):
            try:
                while True: os.open(os.devnull, os.O_RDWR)
            except OSError: return 0
    """,
    "puts another pipe in the report's place": """
        import os
        def f(a):
            reader, writer = os.pipe()
            for fd in range(3, 20):
                if fd not in (reader, writer):
                    try: os.dup2(writer, fd)
                    except OSError: pass
            return 0
    """,
    "swaps the code of the writer": """
        import sys
        def X(*a, **k): return 'X'
        def f(a):
            for name, module in list(sys.modules.items()):
                for thing in list(vars(module).values()) if 'zygote' in name else ():
                    try: thing.__code__ = X.__code__
                    except Exception: pass
            return 0
    """,
    "ends the run when something is let go": """
        import gc, os, weakref
        class Thing: pass
        kept = Thing()
        weakref.finalize(kept, os._exit, 0)
        gc.callbacks.append(lambda phase, info: os._exit(0))
        def f(a):
            global kept
            kept = None
            gc.collect()
            return 0
    """,
    "listens to every event": """
        import os, sys
        def hook(event, args):
            if event.startswith(('compile', 'os.', 'object.')): os._exit(0)
        def f(a): sys.addaudithook(hook); return eval('0')
    """,
    "profiles its caller": """
        import sys
        def profile(frame, event, value):
            for name in ('value', 'outcome', 'text'):
                if name in frame.f_locals: frame.f_locals[name] = 'X'
        def f(a): sys.setprofile(profile); return 0
    """,
    "turns the clocks back": """
        import time
        time.perf_counter = time.monotonic = time.time = lambda: -1e300
        def f(a): return 0
    """,
    "makes reading slow by equal hashes": """
        import gc
        report = next(x for x in gc.get_objects() if type(x).__name__ == 'Report')
        text = '{' + ','.join(hex(n * (2 ** 61 - 1)) for n in range(1, 11_000)) + '}'
        def f(a):
            for n in range(12): report.send({'case': 0, 'kind': 'value', 'text': text})
            return 0
    """,
}


def dedented(text: str) -> str:
    """A program as a file has it."""
    return textwrap.dedent(text).strip() + "\n"
