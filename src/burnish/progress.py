"""Progress that a person can read: counts, rate and time left, on one line of a terminal, as a bar in a notebook, as
plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Self, TextIO, TypeVar

T = TypeVar("T")
_OTHERS_BARS = ("HF_HUB_DISABLE_PROGRESS_BARS", "HF_DATASETS_DISABLE_PROGRESS_BARS")
"""transformers reads the Hub's. Both are read when the library is imported."""


def bars_are_seen() -> bool:
    """Whether standard error is a terminal: elsewhere bars would fill a log with control codes."""
    return sys.stderr.isatty()


def keep_bars_out_of_files() -> None:
    """Where nobody sees them, libraries draw no bars."""
    if not bars_are_seen():
        for name in _OTHERS_BARS:
            os.environ.setdefault(name, "1")


def tracked(items: Iterable[T], label: str, total: int | None = None, *, unit: str = "examples") -> Iterator[T]:
    """The items, telling how far they are once that takes longer than people wait without wondering."""
    with Progress(label, total, unit=unit, silent_s=2.0) as progress:
        for item in items:
            yield item
            progress.advance()


class Progress:
    """Counts up to `total` (None when unknown), beginning at `done` when work is resumed.

    On a terminal one line is redrawn, in a notebook `tqdm.auto` draws a bar; elsewhere a plain line is written every
    `every_s` seconds and at the end. Nothing is shown of what is over within `silent_s` seconds.
    """

    def __init__(
        self,
        label: str,
        total: int | None = None,
        *,
        done: int = 0,
        unit: str = "examples",
        every_s: float = 10.0,
        silent_s: float = 0.0,
        stream: TextIO | None = None,
    ) -> None:
        self._label, self._total, self._unit = label, total, unit
        self._start_count, self._done = done, done
        self._stream = stream or sys.stderr
        self._tty = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._every_s = 0.2 if self._tty else every_s
        self._silent_s = silent_s
        self._began = self._last = time.monotonic()
        self._note = ""
        self._written = -1
        self._bar: Any = None
        self._in_notebook = stream is None and _in_notebook()

    def advance(self, n: int = 1, note: str = "") -> None:
        """`n` more are done; `note` stands at the line's end (a loss, a count of drops)."""
        self._done += n
        self._note = note or self._note
        now = time.monotonic()
        if self._in_notebook and now - self._began >= self._silent_s:
            self._draw_bar()
        elif now - self._last >= self._every_s and now - self._began >= self._silent_s:
            self._last = now
            self._write(self.line(now - self._began))

    def line(self, elapsed_s: float) -> str:
        """The line shown after `elapsed_s` seconds of this session's work."""
        rate = (self._done - self._start_count) / elapsed_s if elapsed_s > 0 else 0.0
        parts = [f"{self._label}: {self._done:,}"]
        if self._total is not None:
            share = 100 * self._done / self._total if self._total else 100.0
            parts[0] += f" of {self._total:,} {self._unit} ({share:.0f} %)"
        else:
            parts[0] += f" {self._unit}"
        parts.append(_rate(rate))
        if self._total is not None and rate > 0:
            parts.append(f"{_clock((self._total - self._done) / rate)} left")
        if self._note:
            parts.append(self._note)
        return ", ".join(parts)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        elapsed_s = time.monotonic() - self._began
        if self._bar is not None:
            self._bar.close()
        if elapsed_s < self._silent_s or self._bar is not None:
            return
        if self._tty or self._written != self._done:
            self._write(self.line(elapsed_s))
        if self._tty:
            self._stream.write("\n")

    def _draw_bar(self) -> None:
        if self._bar is None:
            with warnings.catch_warnings():  # without ipywidgets it warns, and draws a bar of characters
                warnings.simplefilter("ignore")
                from tqdm.auto import tqdm

            self._bar = tqdm(total=self._total, initial=self._start_count, desc=self._label, unit=f" {self._unit}")
        self._bar.set_postfix_str(self._note, refresh=False)
        self._bar.update(self._done - self._bar.n)

    def _write(self, line: str) -> None:
        self._written = self._done
        if self._tty:  # a line that is wider than the terminal could not be redrawn
            line = f"\r\x1b[2K{line[: os.get_terminal_size(self._stream.fileno()).columns - 1]}"
        self._stream.write(line if self._tty else f"{line}\n")
        self._stream.flush()


def _in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"


def _rate(per_second: float) -> str:
    """In the smallest unit of time in which it is one or more, lest a slow model seems to stand still."""
    if 0 < per_second < 1 / 60:
        return f"{3600 * per_second:.1f} per hour"
    return f"{60 * per_second:.1f} per minute" if 0 < per_second < 1 else f"{per_second:.1f} per second"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
