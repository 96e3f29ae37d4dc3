"""The kinds of benchmarks that can be imported, by name."""

from __future__ import annotations

from core.errors import UsageError
from core.suites import defects4j, folder, humanevalfix, quixbugs, quixbugs_java, swebench
from core.suites.source import Importer

IMPORTERS = {
    one.name: one
    for one in (
        Importer("quixbugs", "the Python half of a QuixBugs checkout", quixbugs.open_checkout),
        Importer("quixbugs-java", "its Java half", quixbugs_java.open_checkout),
        Importer(
            "humanevalfix",
            "Python rows of HumanEvalPack, .jsonl or .parquet",
            humanevalfix.open_rows,
        ),
        Importer(
            "swebench",
            "rows of SWE-bench (Lite), .parquet or .jsonl",
            swebench.open_rows,
            swebench.open_rows,
        ),
        Importer(
            "defects4j",
            "a Defects4J checkout, or a .jsonl of its metadata",
            defects4j.open_place,
            defects4j.open_place,
        ),
        Importer("folder", "own programs, each with a task.toml", folder.open_folder),
    )
}


def find_importer(name: str) -> Importer:
    """The importer of a name; a `UsageError` lists them all."""
    found = IMPORTERS.get(name)
    if found is None:
        raise UsageError(f"There is no importer {name!r}; there are: {', '.join(IMPORTERS)}.")
    return found
