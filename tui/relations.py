"""Leak checks and relations in words that screen and commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # importing these for real loads the database
    from core.splits.certificate import Certificate
    from core.splits.links import TestDone
    from core.splits.reports import SplitReport

_TESTS = {
    "program": "bugs of one program",
    "kin": "file, commit or problem that the suites record",
    "exact": "equal texts",
    "layout": "equal programs up to layout",
    "renamed": "equal programs up to names",
    "known": "the shipped list of public relatives",
    "shape": "programs that share runs of tokens",
    "contract": "descriptions that read alike",
    "behaviour": "cases of the one on the reference of the other",
}


def test_line(test: TestDone) -> str:
    """One test of a check."""
    return f"{_TESTS[test.kind]}: {test.n_compared:,} {test.unit}, {test.n_found:,} found"


def verdict(certificate: Certificate) -> str:
    """The result in one sentence."""
    if certificate.leaks:
        n_leaks = len(certificate.leaks)
        return f"{n_leaks:,} {'leak' if n_leaks == 1 else 'leaks'}: related tasks are on two sides"
    if certificate.questions:
        n_open = len(certificate.questions)
        what = "pair is" if n_open == 1 else "pairs are"
        return f"no leak found; {n_open:,} likely {what} on two sides and wait for a yes or no"
    return "no leak found"


def certificate_lines(certificate: Certificate) -> list[str]:
    """The whole certificate, line by line."""
    sides = ", ".join(f"{n:,} {side}" for side, n in certificate.sides.items())
    lines = [
        f"leak certificate {certificate.hash[:12]}: {verdict(certificate)}",
        f"split {certificate.split_id[:12]} of {certificate.suites}: {sides}; "
        f"{certificate.n_families:,} families",
    ]
    if certificate.heldout:
        lines.append(f"held out and compared: {', '.join(certificate.heldout)}")
    if certificate.n_gone:
        lines.append(f"{certificate.n_gone:,} tasks are gone and were not compared")
    lines += [f"compared by {test_line(test)}" for test in certificate.tests]
    if not any(test.kind == "behaviour" for test in certificate.tests):
        lines.append("not compared by behaviour")
    lines.append(f"answers: {certificate.n_confirmed:,} yes, {certificate.n_denied:,} no")
    lines += [f"leak: {finding}" for finding in certificate.leaks]
    lines += [f"unsure: {finding}" for finding in certificate.questions]
    lines.append(f"of the tasks {certificate.scan_id}")
    lines.append(f"of all this {certificate.hash}")
    return lines


def standing_of(report: SplitReport) -> str:
    """What the newest leak check said of a split."""
    if report.n_leaks is None:
        return "not checked"
    if report.n_leaks:
        return f"{report.n_leaks:,} leaks"
    return f"clean, {report.n_questions:,} unsure" if report.n_questions else "clean"
