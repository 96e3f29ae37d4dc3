"""The status line as folded from events."""

from __future__ import annotations

from datetime import datetime

from core.events import (
    CallsMade,
    OperationEnded,
    OperationStarted,
    ProgressMade,
    RunContinued,
    RunPaused,
)
from tui.activity import Activity, Money, clock
from tui.link import LinkState, LinkView

CONNECTED = LinkView(LinkState.CONNECTED, 42, "landlock")
STARTED = OperationStarted("a-1", "run rollouts", datetime(2026, 1, 1))  # noqa: DTZ001 - as told


class Watch:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _texts(activity: Activity, view: LinkView = CONNECTED) -> list[str]:
    return [text for text, _ in activity.parts(view)]


def test_rate_and_time_left_come_from_what_was_seen() -> None:
    watch = Watch()
    activity = Activity(watch)
    activity.take([STARTED])
    assert "run rollouts" in _texts(activity)
    activity.take([ProgressMade("rollouts", 100, 400)])
    assert "rollouts 100/400" in _texts(activity)
    watch.now = 10.0
    activity.take([ProgressMade("rollouts", 150, 400)])
    assert "rollouts 150/400 5.0/s 0:50 left" in _texts(activity)
    activity.take([OperationEnded("a-1", "run rollouts", "")])
    assert _texts(activity) == ["engine 42 landlock", "spent $0.00, no ceiling"]


def test_a_pause_is_said_and_its_time_is_in_no_rate() -> None:
    watch = Watch()
    activity = Activity(watch)
    activity.take([STARTED, ProgressMade("rollouts", 100, 400)])
    watch.now = 10.0
    activity.take([ProgressMade("rollouts", 150, 400), RunPaused("run", "why")])
    assert "rollouts 150/400 paused" in _texts(activity)
    watch.now = 50.0
    activity.take([RunContinued("run"), ProgressMade("rollouts", 151, 400)])
    assert "rollouts 151/400" in _texts(activity)
    watch.now = 60.0
    activity.take([ProgressMade("rollouts", 201, 400)])
    assert "rollouts 201/400 5.0/s 0:40 left" in _texts(activity)
    activity.begin({"a-1": "run rollouts"}, [RunPaused("run", "why")])
    assert "run rollouts paused" in _texts(activity)


def test_the_rate_forgets_what_is_a_minute_old() -> None:
    watch = Watch()
    activity = Activity(watch)
    for now, n_done in ((0.0, 0), (1.0, 100), (61.0, 120), (71.0, 130)):
        watch.now = now
        activity.take([ProgressMade("rollouts", n_done, 200)])
    assert "rollouts 130/200 1.0/s 1:10 left" in _texts(activity)


def test_no_call_is_counted_twice_while_a_run_goes_on_and_after_it() -> None:
    activity = Activity(Watch())
    activity.take([CallsMade("run", 1, 0, 0, 0, 2_000_000)])
    activity.settle(Money(5_000_000))
    assert "spent $5.00, no ceiling" in _texts(activity)
    activity.take([CallsMade("run", 2, 0, 0, 0, 3_000_000)])
    assert "spent $6.00, no ceiling" in _texts(activity)
    activity.settle(Money(7_000_000))
    assert "spent $7.00, no ceiling" in _texts(activity)


def test_a_ceiling_warns_before_it_is_reached_and_leases_are_shown_while_there_are_any() -> None:
    activity = Activity(Watch())
    activity.settle(Money(7_900_000, 10_000_000))
    assert ("spent $7.90 of $10.00", "$secondary") in activity.parts(CONNECTED)
    activity.take([CallsMade("run", 1, 0, 0, 0, 100_000)])
    assert ("spent $8.00 of $10.00", "bold $meter-near") in activity.parts(CONNECTED)
    activity.take([CallsMade("run", 2, 0, 0, 0, 2_200_000)])
    assert ("spent $10.10 of $10.00", "bold $meter-over") in activity.parts(CONNECTED)
    assert len(activity.parts(CONNECTED)) == 2
    activity.settle(Money(0, None, 1, 3_000_000))
    assert ("1 lease $0.00, $0.05/min", "bold $warning") in activity.parts(CONNECTED)


def test_a_lost_engine_says_when_it_is_tried_again() -> None:
    lost = LinkView(LinkState.LOST, retry_in_s=4)
    assert _texts(Activity(Watch()), lost)[0] == "engine lost, retrying in 4 s"


def test_labels_cannot_act_on_the_terminal() -> None:
    activity = Activity(Watch())
    activity.take([ProgressMade("check \x1b[31m", 1, 2)])
    assert "check ␛[31m 1/2" in _texts(activity)


def test_times_are_short() -> None:
    assert [clock(s) for s in (7.4, 750, 11_100)] == ["0:07", "12:30", "3:05:00"]


def test_what_nobody_announced_is_not_shown_when_it_is_over() -> None:
    activity = Activity(Watch())
    activity.take([ProgressMade("compare tasks", 10, 20)])
    assert "compare tasks 10/20" in _texts(activity)
    activity.take([ProgressMade("compare tasks", 20, 20)])
    assert _texts(activity) == ["engine 42 landlock", "spent $0.00, no ceiling"]
