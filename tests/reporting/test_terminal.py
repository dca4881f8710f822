import io
import sys

import pytest

from lookalikes.reporting.terminal import Terminal


def test_a_line_stands_alone_after_a_bar_that_was_cut_short():
    stream = io.StringIO()
    terminal = Terminal(stream)
    terminal.write("\rHashing: 50%")
    terminal.tell("Stopping")
    terminal.end_line()
    terminal.write("\rHashing: 51%")
    terminal.end_line()
    terminal.end_line()
    assert stream.getvalue() == "\rHashing: 50%\nStopping\n\rHashing: 51%\n"


def test_letters_that_the_stream_lacks_are_spelled():
    bytes_written = io.BytesIO()
    terminal = Terminal(io.TextIOWrapper(bytes_written, encoding="cp1252"))
    terminal.tell("▸ naïve 写 \udce9")
    assert bytes_written.getvalue() == "\\u25b8 naïve \\u5199 \\udce9\n".encode("cp1252")


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
@pytest.mark.parametrize("stream", [None, "closed", "full"])
def test_a_stream_that_takes_nothing_loses_it_and_no_more(tmp_path, stream):
    if stream is not None:
        stream = open(tmp_path / "file", "w") if stream == "closed" else open("/dev/full", "w")
        if "file" in stream.name:
            stream.close()
    terminal = Terminal(stream)
    terminal.tell("a line")
    terminal.drop()
    terminal.tell("another")
    assert terminal.last_line == "another"
    if stream is not None:
        stream.close()
