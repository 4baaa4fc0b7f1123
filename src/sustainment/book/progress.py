"""What a person sees while a book is built: live lines on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

# event -> how a finished line begins
WORDS = {"done": "done", "fresh": "fresh", "failed": "FAILED", "left out": "left out"}


class Teller(AbstractContextManager):
    """Tells of steps as they start and end. Piped output gets one line a step and no colours."""

    def __init__(self, stream: TextIO | None = None, quiet: bool = False) -> None:
        self.stream = stream or sys.stdout
        self.quiet = quiet
        self.rows: list[tuple[str, str, float]] = []
        self.started: dict[str, float] = {}
        self._live: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Teller:
        if self.stream.isatty() and not self.quiet:
            from rich.console import Console
            from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

            self._live = Progress(
                SpinnerColumn(),
                TextColumn("{task.description}"),
                TimeElapsedColumn(),
                console=Console(file=self.stream),
                transient=True,
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live:
            self._live.stop()
            self._live = None

    def start(self, name: str) -> None:
        self.started[name] = time.perf_counter()
        if self._live:
            self._tasks[name] = self._live.add_task(name)

    def end(self, name: str, event: str = "done", seconds: float | None = None) -> None:
        """Close a step; what was never started took no time."""
        if seconds is None:
            seconds = time.perf_counter() - self.started.get(name, time.perf_counter())
        self.rows.append((name, WORDS[event], seconds))
        if self._live and name in self._tasks:
            self._live.remove_task(self._tasks.pop(name))
        if event != "fresh":
            self.line(f"{WORDS[event]:<9}{seconds:6.1f} s  {name}")

    def line(self, text: str) -> None:
        if self.quiet:
            return
        if self._live:
            self._live.console.print(text, highlight=False, markup=False)
        else:
            print(text, file=self.stream, flush=True)

    def table(self) -> str:
        """The closing table: each step with how it went and its time, then the total."""
        width = max((len(name) for name, _, _ in self.rows), default=0)
        lines = [f"{name:<{width}}  {word:<8}  {s:6.1f} s" for name, word, s in self.rows]
        return "\n".join(lines)
