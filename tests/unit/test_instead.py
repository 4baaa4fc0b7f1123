"""A sentence in place of a number: only where the answers are to blame, and never a wrong number."""

import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from sustainment.errors import CannotSay, UserError
from sustainment.instead import GUARDED, refuse_no_number
from sustainment.report import UNSAID, only_if
from sustainment.statements import needs_before

STUDY = """\
provenance: synthetic
population: {size: 66, noun: persons}
"""
CHAPTER = """\
---
sustainment: {part: counting}
---
# A chapter

Of them {num}`part.yes` said yes, {num}`part.no` said no.
"""


class Kernel:
    """An IPython shell that keeps what its cells show."""

    def __init__(self) -> None:
        self.shell = InteractiveShell.instance()
        self.shell.display_pub = CapturingDisplayPublisher()
        self.shell.showtraceback = lambda *_, **__: None

    def run(self, source: str):
        """The cell's result; what it shows is kept in `shown`."""
        self.shell.display_pub.outputs.clear()
        result = self.shell.run_cell(source)
        about = [o["metadata"]["sustainment"] for o in self.shell.display_pub.outputs]
        self.values = {a["key"]: a["text"] for a in about if a["type"] == "value"}
        self.sentences = [a["sentence"] for a in about if a["type"] == "instead"]
        return result


@pytest.fixture
def kernel(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "study.yml").write_text(STUDY, encoding="utf-8")
    (tmp_path / "notebooks" / "survey").mkdir(parents=True)
    (tmp_path / "notebooks" / "survey" / "part.md").write_text(CHAPTER, encoding="utf-8")
    made = Kernel()
    first = made.run(
        "from sustainment.errors import CannotSay, UserError\n"
        "from sustainment.report import only_if, report\n"
        "from sustainment.study import open_study\n"
        f"study = open_study('survey/part', {str(tmp_path)!r})"
    )
    assert first.success
    yield made
    InteractiveShell.clear_instance()


def test_the_cell_ends_with_a_sentence_and_the_run_goes_on(kernel):
    done = kernel.run(
        'report("part.n", 0, kind="data")\n'
        'only_if(False, "Nobody answered.")\n'
        'report("part.share", 0.5, kind="data")'
    )
    assert done.success
    assert kernel.sentences == ["Nobody answered."]
    assert kernel.values == {"part.n": "0", "part.share": UNSAID}


def test_what_builds_on_it_says_the_same_and_everything_else_is_computed(kernel):
    kernel.run('only_if(False, "Nobody answered.")\nshare = 1')
    assert kernel.run('report("part.double", share * 2, kind="data")').success
    assert kernel.values == {"part.double": UNSAID}
    assert kernel.sentences == []  # said once; again only where a table or figure would have stood
    kernel.run("show_table(share)")
    assert kernel.sentences == ["Nobody answered."]
    kernel.run('other = 3\nreport("part.other", other, kind="data")')
    assert kernel.values == {"part.other": "3"}


def test_a_name_that_an_earlier_cell_made_is_not_taken_for_the_new_one(kernel):
    kernel.run("table = [1]")
    kernel.run('only_if(False, "Nobody answered.")\ntable.append(2)')
    kernel.run('report("part.length", len(table), kind="data")')
    assert kernel.values == {"part.length": UNSAID}
    kernel.run("table = [1, 2, 3]")
    kernel.run('report("part.new", len(table), kind="data")')
    assert kernel.values == {"part.new": "3"}


def test_keys_that_are_put_together_are_found_in_the_prose(kernel):
    kernel.run(
        'only_if(False, "Nobody answered.")\n'
        'for word in ("yes", "no"):\n    report(f"part.{word}", 1, kind="data")'
    )
    assert kernel.values == {"part.yes": UNSAID, "part.no": UNSAID}


@pytest.mark.parametrize(
    ("cell", "error"),
    [
        ("misspelt + 1", NameError),
        ("{}['absent']", KeyError),
        ("1 / 0", ZeroDivisionError),
        ("raise UserError('the file is missing')", UserError),
    ],
)
def test_any_other_error_still_stops_the_chapter(kernel, cell, error):
    result = kernel.run(cell)
    assert not result.success
    assert type(result.error_in_exec) is error
    assert kernel.sentences == []
    kernel.run('only_if(False, "Nobody answered.")\nshare = 1')
    assert isinstance(kernel.run(cell).error_in_exec, error)  # nor is it hidden later on


def test_a_chapter_opened_anew_has_lost_nothing(kernel, tmp_path):
    kernel.run('only_if(False, "Nobody answered.")\nshare = 1')
    kernel.run(f"study = open_study('survey/part', {str(tmp_path)!r})")
    assert isinstance(kernel.run("share").error_in_exec, NameError)
    kernel.run("1")
    assert len(kernel.shell.ast_transformers) == 1


def test_a_missing_number_is_a_value_that_cannot_be_said(kernel):
    kernel.run('import math\nreport("part.mean", math.nan, kind="data", population="respondents")')
    assert kernel.values == {"part.mean": UNSAID}
    kernel.run('import pandas\nreport("part.median", pandas.NA, kind="data")')
    assert kernel.values == {"part.median": UNSAID}


@pytest.mark.parametrize(
    "text", ["nan% of them", "from 0 to inf", "0 of 0 persons", "of the 0 of the 0"]
)
def test_words_with_no_number_in_them_are_refused(text):
    with pytest.raises(CannotSay, match="This figure cannot be shown"):
        refuse_no_number("This figure", "fine", text)


@pytest.mark.parametrize("text", ["10 of 0x", "Ghanan infants", "0 of 66", "information", "banana"])
def test_words_that_only_look_like_it_pass(text):
    refuse_no_number("This figure", text.replace("0x", "09"))


def test_outside_a_notebook_it_is_an_error_like_any_other(tmp_path):
    with pytest.raises(CannotSay, match="Nobody"):
        only_if(0, "Nobody answered.")
    only_if(1, "never said")
    assert issubclass(CannotSay, UserError)


def test_what_a_statement_needs_from_before():
    import ast

    def needs(source: str, made: set[str] = frozenset()) -> set[str]:
        return needs_before(ast.parse(source).body[0], set(made))

    assert needs("share = yes / n") == {"yes", "n"}
    assert needs("share = yes / n", {"n"}) == {"yes"}
    assert needs("table = table.dropna()") == {"table"}
    assert needs("total += yes") == {"total", "yes"}
    assert needs("rows = [r.x for r in table]") == {"table"}
    assert needs("for i, r in table: print(i, r)") == {"table", "print"}
    assert needs("def f(a):\n    b = a + c\n    return b") == {"c"}
    assert needs("f = lambda x: x + y") == {"y"}


def test_of_a_real_study_neither_the_reason_nor_the_gap_is_told(kernel, tmp_path):
    """That nobody gave an answer is a number about everybody."""
    settings = tmp_path / "data" / "study.yml"
    settings.write_text(STUDY.replace("synthetic", "observed"), encoding="utf-8")
    kernel.run(f"study = open_study('survey/part', {str(tmp_path)!r})")
    kernel.run('only_if(False, "Nobody of the 3 answered.")\nreport("part.n", 1, kind="data")')
    assert kernel.sentences == [GUARDED]
    assert kernel.values["part.n"] != UNSAID
    assert "withheld" in kernel.values["part.n"]
