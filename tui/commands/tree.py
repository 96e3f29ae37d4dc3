"""All commands, hung on one root."""

from __future__ import annotations

from importlib.metadata import version

from cyclopts import App
from rich.console import Console

from tui.commands import contrast, curate, money, rollout_look, run_control, tasks
from tui.commands.config import config
from tui.commands.cost import cost
from tui.commands.demo import demo
from tui.commands.doctor import doctor
from tui.commands.engine import engine
from tui.commands.evaluate import evaluate
from tui.commands.lease import lease
from tui.commands.pairs import pairs
from tui.commands.rollouts import rollouts
from tui.commands.split import split
from tui.commands.suite import suite
from tui.commands.train import train

app = App(
    name="gemel",
    help="Fine-tune code-repair models with preference data, and know whether it worked. "
    "Without a command: the app.",
    version=lambda: version("gemel"),
    result_action="return_value",
    error_console=Console(stderr=True),
)
app.command(demo)
curate.hang_on(pairs)
run_control.hang_on(rollouts)
contrast.hang_on(rollouts)
rollout_look.hang_on(rollouts)
money.hang_on(cost)
tasks.hang_on(suite)
for group in (suite, split, rollouts, pairs, train, evaluate, cost, lease):
    app.command(group)
app.command(engine)
app.command(config)
app.command(doctor)
