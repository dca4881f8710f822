"""The terminal, as far as it takes what is said: a run goes on where it is closed, full, absent or of few letters."""

from contextlib import suppress
from typing import TextIO


class Terminal:
    """Writes to a stream that may be None, as under pythonw; what it can't take is lost, or spelled in its letters."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream, self.last_line = stream, ""

    def tell(self, line: str) -> None:
        """Write a line, at once."""
        self.write(f"{line}\n")
        self.flush()

    def write(self, text: str) -> None:
        """Write as much as the stream takes; `last_line` is the last line that wasn't blank."""
        self.last_line = text.strip().rpartition("\n")[2] or self.last_line
        if self._stream is not None:
            encoding = getattr(self._stream, "encoding", None) or "utf-8"
            with suppress(OSError, ValueError):  # full, or closed
                self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))

    def flush(self) -> None:
        """Let nothing wait."""
        if self._stream is not None:
            with suppress(OSError, ValueError):
                self._stream.flush()
