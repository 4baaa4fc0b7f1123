"""What cannot be built ends with one sentence that names the place and what to do."""

import os
import subprocess
import sys

import pytest
from book_helpers import change

from sustainment.book.build import build, make_plan
from sustainment.errors import UserError

SHARE = "notebooks/survey/share.md"


def refused(folder, **options):
    with pytest.raises(UserError) as error:
        make_plan(folder, **options)
    sentence = str(error.value)
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("cutof=3", "no parameter 'cutof'. Did you mean 'cutoff'?"),
        ("cutoff=9", "a whole number from 1 to 5; got '9'"),
        ("cutoff=2.5", "a whole number from 1 to 5; got '2.5'"),
        ("cutoff=1_0", "got '1_0'"),
        ("cutoff=True", "got 'True'"),
        ("cutoff", "name=value"),
        ("=3", "name=value"),
        ("rounding=hole", "one of whole, one; got 'hole'. Did you mean 'whole'?"),
        ("rounding=", "one of whole, one"),
    ],
)
def test_a_parameter_that_may_not_be_that_is_refused(book, given, expected):
    assert expected in refused(book, params=[given])


def test_a_parameter_is_given_once(book):
    assert "given twice" in refused(book, params=["cutoff=3", "cutoff=4"])


def test_an_unknown_edition_is_refused(book):
    assert "no edition 'strit' in editions.yml. Did you mean 'strict'?" in refused(
        book, edition="strit"
    )


def test_a_folder_that_is_no_book_is_named(tmp_path):
    assert "is not a book folder: _toc.yml is missing" in refused(tmp_path)
    assert "There is no folder" in refused(tmp_path / "nowhere")


def test_a_chapter_of_the_contents_that_does_not_exist_is_named(book):
    change(book / "_toc.yml", "survey/share", "survey/shaer")
    sentence = refused(book)
    assert "no file notebooks/survey/shaer.md. Did you mean 'notebooks/survey/share'?" in sentence


def test_a_chapter_that_needs_an_unknown_one_is_named(book):
    change(book / "notebooks/integration/together.md", "survey/share]", "survey/shares]")
    assert "together.md needs the chapter 'survey/shares'" in refused(book)


def test_a_circle_of_chapters_is_spelled_out(book):
    change(book / SHARE, "inputs: [answers]", "needs: [integration/together]")
    sentence = refused(book)
    assert "wait for each other" in sentence
    assert "survey/share needs integration/together" in sentence


def test_a_chapter_that_needs_itself_is_a_circle(book):
    change(book / SHARE, "inputs: [answers]", "needs: [survey/share]")
    assert "survey/share needs survey/share" in refused(book)


def test_an_input_that_nothing_makes_is_named(book):
    change(book / SHARE, "inputs: [answers]", "inputs: [answer]")
    sentence = refused(book)
    assert "share.md declares the input 'answer', but nothing makes it" in sentence
    assert "Did you mean 'answers'?" in sentence


def test_a_missing_raw_file_is_named(book):
    (book / "data/raw/answers.yml").unlink()
    with pytest.raises(UserError, match=r"its file is missing: data/raw/answers\.yml"):
        build(book, quiet=True)


def test_an_unclosed_cell_is_named_with_its_line(book):
    with (book / SHARE).open("a") as file:
        file.write("\n```{code-cell} ipython3\nx = 1\n")
    assert "share.md, line " in refused(book)


def test_front_matter_that_is_no_yaml_is_named_with_its_line(book):
    change(book / SHARE, "minutes: 1", "minutes: [1")
    assert "share.md, line " in refused(book)


def test_an_unknown_chapter_for_only_is_refused(book):
    with pytest.raises(UserError, match=r"no chapter 'shar'\. Did you mean 'survey/share'\?"):
        build(book, only=["shar"], quiet=True)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("cutoff: int = 3", "cutoff: int | None = 3", "has the type `int | None`"),
        ("cutoff: int = 3", "cutoff = 3", "this is no parameter"),
        ("cutoff: int = 3", "cutoff: int = int(3)", "its value is int(3)"),
        ("cutoff: int = 3", "cutoff: int = 3.0", "declared int, but its value is 3.0"),
        ("cutoff: int = 3", "cutoff: int = True", "declared int, but its value is True"),
        ("cutoff: int = 3", "cutoff: int = 4", "editions.yml says int, 3"),
        ("cutoff: int = 3", "cut: int = 3", "'cut' is not in editions.yml"),
        ("cutoff: int = 3", "a: int = 1; cutoff: int = 3", "one parameter a line"),
        ("cutoff: int = 3", "cutoff: int = 3  # x\ncutoff: int = 3", "'cutoff' is set twice"),
        ("  # an answer from here on counts as yes", "", "say after a # what"),
        ("cutoff: int = 3", "cutoff: int = = 3", "not valid Python"),
    ],
)
def test_a_parameters_cell_holds_only_plain_declarations(book, old, new, expected):
    change(book / SHARE, old, new)
    assert expected in refused(book)


def test_parameters_stand_in_the_first_code_cell(book):
    change(
        book / SHARE,
        "```{code-cell} ipython3\n:tags: [param",
        "```{code-cell} ipython3\nx = 1\n```\n\n```{code-cell} ipython3\n:tags: [param",
    )
    assert "must be the chapter's first code cell" in refused(book)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("type: int", "type: integer", "`type` is 'integer'"),
        ("default: 3", "default: 7", "from 1 to 5; got '7'"),
        ("low: 1", "lowest: 1", "unknown entry 'lowest'"),
        ("cutoff: 5}", "cutof: 5}", "edition 'strict': There is no parameter 'cutof'"),
        ("cutoff: 5}", "cutoff: 6}", "edition 'strict': The parameter 'cutoff'"),
        ("  strict:", "  Strict One:", "name the edition"),
    ],
)
def test_mistakes_in_editions_are_named(book, old, new, expected):
    change(book / "editions.yml", old, new)
    assert expected in refused(book)


def test_a_value_that_looks_like_another_type_stays_what_it_is_declared(book):
    change(book / "editions.yml", "choices: [whole, one], ", "")
    values = make_plan(book, params=["rounding=12"]).values
    assert values["survey/share"]["rounding"] == "12"


def test_the_command_line_says_it_in_one_line_without_a_traceback(book):
    done = subprocess.run(
        [sys.executable, "-m", "sustainment.cli", "build", str(book), "-p", "cutof=3"],
        capture_output=True,
        text=True,
        env={**os.environ},
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("sustainment: There is no parameter 'cutof'.")
