"""`gemel`: alone it opens the app, with a command it runs that; neither loads the other."""

from __future__ import annotations

import os
import sys

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells expect it."""


def main() -> None:
    """Entry point of the script."""
    try:
        code = start(sys.argv[1:])
    except KeyboardInterrupt:  # while modules load: a command that works ends in order by itself
        sys.stderr.write("gemel: Interrupted before anything was begun.\n")
        code = INTERRUPTED
    sys.exit(code)


def start(words: list[str]) -> int:
    """Run with command-line words; returns the exit code."""
    if "--read-only" in words:
        os.environ["GEMEL_READ_ONLY"] = "1"  # whatever looks for the workspace, and what it starts
    options, rest = _leading_options(words)
    if rest or "--json" in options or options[-1:] == ["--workspace"]:
        return _command([*rest, *options])
    from tui.start import run_app

    place = options[options.index("--workspace") + 1] if "--workspace" in options else None
    return run_app(place)


def _leading_options(words: list[str]) -> tuple[list[str], list[str]]:
    """Split off `--workspace DIR`, `--json` and `--read-only` given before the command."""
    options: list[str] = []
    rest = list(words)
    while rest and rest[0].split("=")[0] in ("--workspace", "--json", "--read-only"):
        first = rest.pop(0)
        if first == "--workspace" and rest:
            options += [first, rest.pop(0)]
        else:
            options += first.split("=", 1)
    return options, rest


def _command(words: list[str]) -> int:
    from cyclopts import CycloptsError

    from core.errors import GemelError
    from tui.commands.host import complain
    from tui.commands.tree import app

    try:
        result = app(words, exit_on_error=False, print_error=True)
    except CycloptsError:
        return 2
    except GemelError as error:
        complain(str(error))
        return error.exit_code
    return result if isinstance(result, int) else 0


if __name__ == "__main__":
    main()
