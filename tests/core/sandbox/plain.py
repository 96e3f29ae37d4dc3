"""Run by a plain user: attacks and forgeries in a sandbox of his, as JSON of what came of them."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import tempfile
from pathlib import Path

from core.sandbox.pool import Sandbox
from core.sandbox.run import CallCases, Limits
from core.task import Case, Comparator
from tests.core.sandbox import world as worlds
from tests.core.sandbox.attacks import ATTACKS, GOT_IN, program
from tests.core.sandbox.forgeries import FORGERIES, dedented
from tests.core.sandbox.forgeries import LIMITS as FORGED

_CASE = Case("(1,)", repr(GOT_IN), True)


async def main() -> None:
    """Tell the level, and the verdict and output of every attack."""
    found: dict[str, list[str]] = {}
    forged: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder, worlds.made(Path(folder) / "w") as world:
        async with Sandbox(1) as sandbox:
            for name in ATTACKS:
                request = CallCases(program(name, world), "f", (_CASE.args,), limits=Limits())
                run = await sandbox.call_cases(request, (_CASE,), Comparator.EXACT)
                found[name] = [run.verdict.value, run.stdout]
            for name, text in FORGERIES.items():
                gold = Case("(1,)", repr(f"gold-{secrets.token_hex(8)}"), True)
                request = CallCases(dedented(text), "f", (gold.args,), limits=FORGED)
                run = await sandbox.call_cases(request, (gold,), Comparator.EXACT)
                forged[name] = run.verdict.value
            said = {
                "level": sandbox.level,
                "warnings": sandbox.warnings,
                "found": found,
                "forged": forged,
            }
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    asyncio.run(main())
