"""A person sees live lines on a terminal and plain ones in a pipe."""

import io

from sustainment.book.progress import Teller


class Terminal(io.StringIO):
    def isatty(self):
        return True


def tell(stream):
    with Teller(stream) as told:
        told.start("survey/silent")
        told.end("survey/silent", "done", 1.25)
        told.end("survey/export", "fresh", 0.0)
        told.end("survey/still-using", "left out", 0.0)
        told.line("A sentence with [brackets].")
    return told


def test_a_pipe_gets_one_plain_line_a_step():
    stream = io.StringIO()
    tell(stream)
    assert stream.getvalue() == (
        "done        1.2 s  survey/silent\n"
        "left out    0.0 s  survey/still-using\n"
        "A sentence with [brackets].\n"
    )


def test_a_terminal_gets_the_same_lines_among_its_live_ones():
    stream = Terminal()
    tell(stream)
    assert "survey/silent" in stream.getvalue()
    assert "A sentence with [brackets]." in stream.getvalue()
    assert "\x1b[" in stream.getvalue()


def test_the_closing_table_has_every_chapter_with_its_time():
    table = tell(io.StringIO()).table().splitlines()
    assert [line.split() for line in table] == [
        ["survey/silent", "done", "1.2", "s"],
        ["survey/export", "fresh", "0.0", "s"],
        ["survey/still-using", "left", "out", "0.0", "s"],
    ]


def test_quiet_says_nothing():
    stream = io.StringIO()
    with Teller(stream, quiet=True) as told:
        told.start("a")
        told.end("a", "done", 1.0)
    assert stream.getvalue() == ""
