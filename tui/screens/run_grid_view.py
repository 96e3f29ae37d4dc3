"""A run as a grid, as far as a filter lets it through: rows, marks, and notes of contrast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.rollouts.contrast import ContrastReport, TaskContrast
from core.store.rollout_pages import EVERY_ROLLOUT, RolloutFilter
from core.text import clean, plural
from tui.screens.outcomes import aside_mark, busy_mark, mark_of
from tui.screens.run_board import RunBoard, Slot
from tui.widgets.cells import Glyphs
from tui.widgets.heat_grid import BLANK, Axes, Mark, Note, Place, Tone


@dataclass(slots=True)
class GridView:
    """One board under one filter; make another when either is another."""

    board: RunBoard
    glyphs: Glyphs
    wanted: RolloutFilter = EVERY_ROLLOUT
    contrast: ContrastReport | None = None
    """As it was told last; marks of the board may be newer."""
    _tasks: tuple[str, ...] = ()
    _rows: dict[str, int] = field(default_factory=dict)
    _columns: dict[tuple[str, int], int] = field(default_factory=dict)
    _known: Mapping[str, TaskContrast] = field(default_factory=dict)

    def __post_init__(self) -> None:
        grid = self.board.grid
        tasks = grid.task_ids
        if self.wanted != EVERY_ROLLOUT:
            admitted = {slot[0] for slot in self.board.outcomes if self.admits(slot)}
            tasks = tuple(task_id for task_id in tasks if task_id in admitted)
        self._tasks = tasks
        self._rows = {task_id: row for row, task_id in enumerate(tasks)}
        places = [(arm.arm_id, seed) for arm in grid.arms for seed in grid.seeds]
        self._columns = {place: column for column, place in enumerate(places)}
        self.know(self.contrast)

    def know(self, contrast: ContrastReport | None) -> None:
        """Take what was found of contrast; `notes` tells it."""
        self.contrast = contrast
        self._known = {task.task_id: task for task in contrast.tasks} if contrast else {}

    @property
    def n_tasks(self) -> int:
        """Rows that are shown."""
        return len(self._tasks)

    @property
    def n_admitted(self) -> int:
        """Finished rollouts that the filter lets through."""
        return sum(map(self.admits, self.board.outcomes))

    def admits(self, slot: Slot) -> bool:
        """Whether the filter lets a finished rollout through."""
        board = self.board
        return self.wanted.admits(slot[0], board.outcomes[slot], board.reasons[slot])

    def lacks(self, slot: Slot) -> bool:
        """Whether a slot belongs to a row that is wanted by now, and not there yet."""
        is_known = slot[0] in self._rows or slot not in self.board.outcomes
        return not is_known and self.admits(slot)

    def finished(self) -> list[Slot]:
        """The slots that are done and let through, row by row."""
        places = ((task_id, *place) for task_id in self._tasks for place in self._columns)
        return [slot for slot in places if slot in self.board.outcomes and self.admits(slot)]

    @property
    def axes(self) -> Axes:
        """A row for each task, a column for each arm and seed."""
        grid = self.board.grid
        blocks = tuple((clean(arm.policy), len(grid.seeds)) for arm in grid.arms)
        labels = tuple(clean(task_id) for task_id in self._tasks)
        return Axes(labels, blocks, "pairs" if self.board.gives_pairs else "")

    def marks(self) -> dict[Place, Mark]:
        """What stands at every place that is not blank."""
        slots = [*self.board.outcomes, *self.board.running, *self.board.aside]
        placed = ((self.place_of(slot), self.mark_of(slot)) for slot in slots)
        return {place: mark for place, mark in placed if place is not None and mark != BLANK}

    def notes(self) -> dict[int, Note]:
        """What is known of contrast, by row."""
        if not self.board.gives_pairs:
            return {}
        return {row: self.note_of(task_id) for task_id, row in self._rows.items()}

    def place_of(self, slot: Slot) -> Place | None:
        """The cell of a slot; None while its row is not shown."""
        task_id, arm_id, seed = slot
        row = self._rows.get(task_id)
        return None if row is None else Place(row, self._columns[arm_id, seed])

    def slot_at(self, place: Place) -> Slot:
        """The slot of a cell."""
        grid = self.board.grid
        arm, seed = divmod(place.column, len(grid.seeds))
        return self._tasks[place.row], grid.arms[arm].arm_id, grid.seeds[seed]

    def is_begun(self, slot: Slot) -> bool:
        """Whether a slot without an end is shown as running or put aside."""
        is_open = slot in self.board.running or slot in self.board.aside
        return is_open and slot not in self.board.outcomes and self.wanted == EVERY_ROLLOUT

    def mark_of(self, slot: Slot) -> Mark:
        """What stands for a slot."""
        outcome = self.board.outcomes.get(slot)
        if outcome is not None:
            return mark_of(outcome, self.glyphs) if self.admits(slot) else BLANK
        if self.wanted != EVERY_ROLLOUT:
            return BLANK
        if slot in self.board.running:
            return busy_mark(self.glyphs)
        return aside_mark(self.glyphs) if slot in self.board.aside else BLANK

    def note_of(self, task_id: str) -> Note:
        """Whether a task gives pairs, and how many so far."""
        seen = self.board.seen(task_id)
        if len(seen) == 2:
            n_pairs = self._known[task_id].n_pairs if task_id in self._known else 0
            return Note(plural(n_pairs, "pair") if n_pairs else "contrast", Tone.GOOD)
        return Note("all pass" if True in seen else "no pass" if seen else "")

    def about(self, task_id: str) -> str:
        """What is known of the contrast of a task, in words."""
        task = self._known.get(task_id)
        if task is None or not self.board.gives_pairs:
            return ""
        is_open = task.n_expected is not None and round(task.n_expected, 1) != task.n_pairs
        found = plural(task.n_pairs, "pair")
        return f"{found}, est. {task.n_expected:.1f} in the end" if is_open else found
