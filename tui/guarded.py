"""The app's last resort: what fails unexpectedly costs a message or a screen, not the app.

A screen whose message loop broke is opened anew; one that fails again at once gives its
place to a page that says so. Only when the app itself breaks, or failures storm, it ends:
the terminal is given back and one line names the file with the details.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual._context import active_message_pump
from textual.actions import ActionParseResult
from textual.app import App
from textual.dom import DOMNode
from textual.screen import Screen
from textual.worker import WorkerFailed

from tui.keymap import Group
from tui.last_resort import LastResort
from tui.modes import MODES
from tui.screens.broken import BrokenScreen
from tui.screens.mode import ModeScreen

_APP = "the app"
_NOWHERE = "nowhere"


class GuardedApp(App[None], inherit_bindings=False):
    """An app that goes on; without a last resort, one that ends with the traceback."""

    makers: ClassVar[Mapping[Group, Callable[[], ModeScreen]]] = MODES
    """How the screen of each mode is made."""

    def __init__(self, last_resort: LastResort | None) -> None:
        super().__init__()
        self._last_resort = last_resort
        for group, make in self.makers.items():
            self.add_mode(group, make)
        self.add_mode(_NOWHERE, Screen)

    def say(self, text: str, *, is_warning: bool = False) -> None:
        """To override: show one message."""

    def fail(self, error: BaseException) -> None:
        """Say that something failed unexpectedly that nothing else stands on."""
        if self._last_resort is not None:
            self._judge(self._last_resort, error, self._place)
        elif isinstance(error, Exception):
            super()._handle_exception(error)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Do what a key asks for."""
        try:
            return await super().run_action(action, default_namespace, namespaces)
        except Exception as error:  # noqa: BLE001 - the last resort of the screens
            self.fail(error)
            return True

    def retry_broken(self) -> bool:
        """Open the screen that failed once more; False when none is shown."""
        bottom = self.screen_stack[0]
        is_broken = isinstance(bottom, BrokenScreen)
        if is_broken:
            self.call_later(self._remake, self.current_mode, None)
        return is_broken

    def _handle_exception(self, error: Exception) -> None:
        """Textual's hook for what nobody caught; the message loop it came from is over."""
        if self._last_resort is None:
            super()._handle_exception(error)
        elif isinstance(error, WorkerFailed):
            self._judge(self._last_resort, error.error, self._place)
        else:
            self._take_break(self._last_resort, error)

    @property
    def _place(self) -> str:
        stack = self._screen_stacks.get(self.current_mode, ())
        return _name_of(stack[-1]) if stack else _APP

    def _take_break(self, last_resort: LastResort, error: Exception) -> None:
        pump = active_message_pump.get(None)
        nodes = pump.ancestors_with_self if isinstance(pump, DOMNode) else []
        screen = next((node for node in nodes if isinstance(node, Screen)), None)
        if screen is None:
            self._judge(last_resort, error, _APP, is_fatal=True)
        elif message := self._judge(last_resort, error, _name_of(screen)):
            self.call_later(self._mend, screen, message)

    def _judge(
        self, last_resort: LastResort, error: BaseException, where: str, *, is_fatal: bool = False
    ) -> str:
        """Say what failed; returns that, nothing when the app ends."""
        verdict = last_resort.take(error, where, is_fatal=is_fatal)
        if verdict.goes_on:
            self.say(verdict.message, is_warning=True)
            return verdict.message
        self._return_code = 1
        self._exit_renderables.clear()
        self.panic(Text(f"gemel: {verdict.message}"))
        return ""

    async def _mend(self, screen: Screen[object], message: str) -> None:
        """Put a working screen in the place of one whose message loop is over."""
        group = next((g for g in self.makers if screen in self._screen_stacks.get(g, ())), None)
        if group is None:
            return
        while group == self.current_mode and self.screen is not screen:
            self.pop_screen()
        if len(self._screen_stacks[group]) > 1:
            self.pop_screen()
            return
        assert self._last_resort is not None
        await self._remake(group, message if self._last_resort.is_repeated else None)

    async def _remake(self, group: Group, failure: str | None) -> None:
        """Make the screen of a mode anew, or a page that says why there is none."""
        is_shown = group == self.current_mode
        if is_shown:
            await self.switch_mode(_NOWHERE)  # the mode that is shown cannot be removed
        await self.remove_mode(group)
        maker = self.makers[group]
        self.add_mode(group, maker if failure is None else partial(BrokenScreen, group, failure))
        if is_shown:
            await self.switch_mode(group)


def _name_of(screen: Screen[object]) -> str:
    """A screen for people: `pairs`, `help`."""
    group = getattr(screen, "group", "")
    return f"the screen {group or type(screen).__name__.removesuffix('Screen').lower()}"
