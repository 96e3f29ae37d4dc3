"""Run by a plain user: attacks in a sandbox of his, as JSON of what came of them."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from core.sandbox.pool import Sandbox
from core.sandbox.run import CallCases, Limits
from core.task import Case, Comparator
from tests.core.sandbox import world as worlds
from tests.core.sandbox.attacks import ATTACKS, GOT_IN, program

_CASE = Case("(1,)", repr(GOT_IN), True)


async def main() -> None:
    """Tell the level, and the verdict and output of every attack."""
    found: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder, worlds.made(Path(folder) / "w") as world:
        async with Sandbox(1) as sandbox:
            for name in ATTACKS:
                request = CallCases(program(name, world), "f", (_CASE.args,), limits=Limits())
                run = await sandbox.call_cases(request, (_CASE,), Comparator.EXACT)
                found[name] = [run.verdict.value, run.stdout]
            said = {"level": sandbox.level, "warnings": sandbox.warnings, "found": found}
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    asyncio.run(main())
