"""The demo, whole: the tuned policy is kept, a sabotaged one is rolled back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.gemel import gemel
from tests.quixbugs_checkout import DATA, build_checkout

_FIELDS = {
    "suite", "tasks", "families", "rollouts", "pairs", "pairs_dropped", "steps", "base_rate",
    "tuned_rate", "delta", "ci_low", "ci_high", "p_value", "verdict",
}  # fmt: skip
_N_HELDOUT = 6
_WHOLE_FIELDS = _FIELDS | {"heldout", "seconds", "cost_microusd", "workspace"}


def test_the_demo_ends_in_keep_with_an_interval_above_zero(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    outcome = gemel(workspace, "demo", "--json", timeout_s=600)
    assert outcome.code == 0, outcome.err
    report = outcome.json
    assert report.keys() >= _WHOLE_FIELDS
    assert report["verdict"] == "keep"
    assert 0 < report["ci_low"] <= report["delta"] <= report["ci_high"]
    assert report["delta"] == pytest.approx(report["tuned_rate"] - report["base_rate"])
    assert report["tasks"] >= 300
    assert report["families"] >= 60
    assert report["pairs"] > 0
    assert report["pairs_dropped"] == sum(report["dropped"].values())
    assert (report["cost_microusd"], report["heldout"]) == (0, None)
    assert report["workspace"] == str(workspace)
    shown = gemel(workspace, "eval", "show", "--json").json
    assert shown["test"]["delta"] == report["delta"]


def test_a_sabotaged_demo_ends_in_rollback_and_quixbugs_may_be_held_out(tmp_path: Path) -> None:
    words: tuple[str, ...] = ()
    if DATA.is_dir():
        checkout = build_checkout(tmp_path / "checkout", _N_HELDOUT)
        words = ("--heldout-quixbugs", str(checkout))
    workspace = tmp_path / "workspace"
    outcome = gemel(workspace, "demo", "--quick", "--sabotage", "--json", *words, timeout_s=900)
    assert outcome.code == 4, outcome.err
    report = outcome.json
    assert report["verdict"] == "rollback"
    assert report["tuned_rate"] < report["base_rate"]
    if words:
        assert report["heldout"].keys() >= _FIELDS
        assert (report["heldout"]["suite"], report["heldout"]["tasks"]) == ("quixbugs", _N_HELDOUT)
