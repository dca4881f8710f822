"""The terminal, as far as it takes what is said: a run goes on where it is closed, full, absent or of few letters."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO


class Terminal:
    """Writes to a stream that may be None, as under pythonw; what it can't take is lost, or spelled in its letters."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream, self.last_line, self._begun = stream, "", False

    def tell(self, line: str) -> None:
        """Write a line of its own, at once."""
        self.end_line()
        self.write(f"{line}\n")
        self.flush()

    def write(self, text: str) -> None:
        """Write as much as the stream takes; `last_line` is the last line that wasn't blank."""
        self.last_line = text.strip().rpartition("\n")[2] or self.last_line
        self._begun = not text.endswith("\n") if text else self._begun
        if self._stream is not None:
            encoding = getattr(self._stream, "encoding", None) or "utf-8"
            with suppress(OSError, ValueError):  # full, or closed
                self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))

    def end_line(self) -> None:
        """End the line that was begun, as a progress bar that was cut short leaves one."""
        if self._begun:
            self.write("\n")

    def flush(self) -> None:
        """Let nothing wait."""
        if self._stream is not None:
            with suppress(OSError, ValueError):
                self._stream.flush()

    def drop(self) -> None:
        """Drop what could not be written; Python would try it again as it ends, and fail."""
        if self._stream is not None:
            try:
                self._stream.flush()
            except (OSError, ValueError):
                with suppress(OSError, ValueError), open(os.devnull, "wb") as nowhere:
                    os.dup2(nowhere.fileno(), self._stream.fileno())


@contextmanager
def open_terminals() -> Iterator[tuple[Terminal, Terminal]]:
    """This process's standard output and standard error; whatever becomes of them, it ends as it would have."""
    extra = os.open(os.devnull, os.O_RDWR)
    while extra <= 2:  # one that was closed; a file of the run would take its number, and get what was meant for it
        extra = os.open(os.devnull, os.O_RDWR)
    os.close(extra)
    terminals = Terminal(sys.stdout), Terminal(sys.stderr)
    try:
        yield terminals
    finally:
        for terminal in terminals:
            terminal.drop()
