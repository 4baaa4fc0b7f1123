"""Studies as they come by mail: a project that passes its check, or one sentence and nothing written."""

from __future__ import annotations

import csv
import io
import random
import shutil
import zipfile
from pathlib import Path

import pytest

from sustainment.check import check_study
from sustainment.check.material import Material
from sustainment.errors import UserError
from sustainment.new import project
from sustainment.new.project import make_project
from sustainment.study import load_settings
from sustainment.survey import open_survey

SWEDISH = ["Stämmer inte alls", "Stämmer dåligt", "Stämmer delvis", "Stämmer bra", "Stämmer helt"]
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    return project.provide_wheel(tmp_path_factory.mktemp("wheel") / "vendor")


@pytest.fixture(autouse=True)
def quick(monkeypatch, wheel):
    def provide(vendor: Path) -> Path:
        vendor.mkdir()
        return Path(shutil.copy(wheel, vendor))

    monkeypatch.setattr(project, "provide_wheel", provide)


def write(path: Path, rows: list[list], separator: str = ",", encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator).writerows(rows)
    return path


def answers(count: int) -> list[list]:
    draw = random.Random(4)
    rows = [["id", "role", "use", "years"]]
    for n in range(1, count + 1):
        rows.append([f"P{n:02}", draw.choice(["nurse", "physician"]), draw.choice(["yes", "no"]), n % 9])  # fmt: skip
    return rows


def errors(made: Path) -> list[str]:
    return [found.sentence() for found in check_study(made) if found.severity == "error"]


def chapters(made: Path) -> set[str]:
    return {path.relative_to(made / "notebooks").with_suffix("").as_posix() for path in (made / "notebooks").rglob("*.md")}  # fmt: skip


# Transcripts beside coding sheets ----------------------------------------------------------------


def save_transcript(path: Path, text: str) -> None:
    if path.suffix != ".docx":
        path.write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
        return
    body = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in text.split("\n"))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>')  # fmt: skip


@pytest.mark.parametrize("suffix", [".txt", ".md", ".docx"])
@pytest.mark.parametrize("place", [".", "transcripts"])
def test_transcripts_beside_the_sheet_give_quotations_their_places(tmp_path, suffix, place):
    folder = tmp_path / "interviews"
    (folder / place).mkdir(parents=True, exist_ok=True)
    quotes = [["Interview", "Quote", "Code"]]
    for n in range(1, 5):
        text = f"Interviewer: And now, number {n}?\n\nWe use it in the åäö rooms.\nIt takes time to learn part {n}."
        save_transcript(folder / place / f"P{n:02}{suffix}", text)
        quotes += [[f"P{n:02}", f"takes time to learn part {n}", "Barriers->Time"]]
        quotes += [[f"P{n:02}", "We use it in the åäö rooms", "Use"]]
    write(folder / "coding.csv", quotes)
    made = make_project(tmp_path / "p", write(tmp_path / "s.csv", answers(30)), None, folder)
    assert errors(made) == []
    settings = load_settings(made)
    assert settings["inputs"]["interviews"]["mapping"]["transcripts"] == place
    assert settings["interviews"]["link"] == {"how": "id"}
    coded = Material(made).interviews
    assert len(coded.documents) == 4 and coded.segments["verified"].all()
    assert coded.documents["text"].str.startswith("Interviewer: And now").all()


def test_transcripts_alone_are_no_coding(tmp_path):
    folder = tmp_path / "interviews"
    folder.mkdir()
    save_transcript(folder / "P01.txt", "We talk.")
    with pytest.raises(UserError, match=r"1 transcript\(s\) and no coding"):
        make_project(tmp_path / "p", write(tmp_path / "s.csv", answers(30)), None, folder)
    assert not (tmp_path / "p").exists()


# Forms, languages, sizes -------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [", ", ";"])
def test_a_google_form_in_swedish(tmp_path, separator):
    draw = random.Random(2)
    rows = [["Tidstämpel", "Samtycker du till att delta?", "Använder du metoden?", "Hur väl stämmer det? [Jag har tid]",
             "Hur väl stämmer det? [Jag har stöd]", "Vad hjälper dig?", "Övrigt"]]  # fmt: skip
    for n in range(40):
        helps = separator.join(draw.sample(["Handledning", "Tid", "Chefens stöd"], 2))
        rows.append([f"2024-03-{n % 28 + 1:02} 14.05.07", "Nej" if n == 3 else "Ja", draw.choice(["Ja", "Nej"]),
                     draw.choice(SWEDISH), draw.choice(SWEDISH), helps, draw.choice(["", "Bra", "Bra"])])  # fmt: skip
    made = make_project(tmp_path / "p", write(tmp_path / "svar.csv", rows))
    survey = open_survey(made, settings := load_settings(made))
    assert errors(made) == []
    assert survey.dropped["reason"].tolist() == ["not-consenting"]
    scale = settings["report"]["scales"][0]
    assert scale["low"] + scale["middle"] + scale["high"] == SWEDISH
    ticks = [item.options["1"] for item in survey.codebook.values() if item.type == "multi"]
    assert sorted(ticks) == ["Chefens stöd", "Handledning", "Tid"]
    assert survey.codebook["övrigt"].type == "text"


def test_a_refusal_by_code_is_a_refusal(tmp_path):
    rows = [["id", "consent", "use"], *([n, "N" if n == 7 else "Y", "Y" if n % 2 else "N"] for n in range(1, 31))]  # fmt: skip
    survey = open_survey(made := make_project(tmp_path / "p", write(tmp_path / "s.csv", rows)), load_settings(made))  # fmt: skip
    assert survey.dropped["row"].tolist() == [8]


def test_labels_beyond_latin_letters(tmp_path):
    draw = random.Random(1)
    rows = [["番号", "使っていますか", "Как часто"]]
    rows += [[n, draw.choice(["いいえ", "いいえ", "はい"]), draw.choice(["никогда", "иногда", "часто"])] for n in range(60)]  # fmt: skip
    made = make_project(tmp_path / "研究", write(tmp_path / "答え.csv", rows))
    settings = load_settings(made)
    assert errors(made) == [] and settings["survey"]["outcome"]["yes"] == ["はい"]
    assert settings["report"]["scales"][0]["low"] == ["никогда"]


def test_a_codebook_without_options_leaves_closed_questions_closed(tmp_path):
    book = write(tmp_path / "k.csv", [["variable", "label"], ["id", "Id"], ["role", "Your role"], ["use", "In use?"], ["years", "Years"]])  # fmt: skip
    survey = open_survey(made := make_project(tmp_path / "p", write(tmp_path / "s.csv", answers(30)), book), load_settings(made))  # fmt: skip
    assert {name: survey.codebook[name].type for name in ("role", "use", "years")} == {"role": "single", "use": "single", "years": "number"}  # fmt: skip


def test_of_a_handful_of_respondents_nothing_is_counted(tmp_path):
    made = make_project(tmp_path / "p", write(tmp_path / "s.csv", answers(9)))
    assert errors(made) == [] and chapters(made) == {"survey/material"}
    assert "every count would be a person" in (made / "data" / "study.yml").read_text().replace("\n  #", "")  # fmt: skip
    assert "survey/outcome" in chapters(make_project(tmp_path / "q", write(tmp_path / "t.csv", answers(10))))  # fmt: skip


# Damaged on the way ------------------------------------------------------------------------------


def damaged() -> dict[str, bytes]:
    rows = answers(20)
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    plain = text.getvalue()

    def table(rows: list[list], separator: str = ",") -> bytes:
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=separator).writerows(rows)
        return out.getvalue().encode()

    return {
        "cut off": plain.encode()[:-9], "cut in a name": plain.encode()[:9], "two marks": b"\xef\xbb\xbf" * 2 + plain.encode(),
        "utf-16": plain.encode("utf-16"), "utf-16 without mark": plain.encode("utf-16-le"), "old mac": plain.replace("\r\n", "\r").encode(),
        "doubled line ends": plain.replace("\r\n", "\r\r\n").encode(), "a nul": plain.encode()[:60] + b"\0" + plain.encode()[60:],
        "mixed": plain.encode() + "P99,å,yes,1\r\n".encode("cp1252"), "bars": table(rows, "|"), "header alone": table(rows[:1]),
        "header twice": table([rows[0], *rows]), "one row": table(rows[:2]), "one column": table([r[:1] for r in rows]),
        "no header": table(rows[1:]), "title first": b"Report\r\n\r\n" + plain.encode(), "names twice": table([["id", "id", "use", "years"], *rows[1:]]),
        "trailing": table([rows[0], *([*r, "", ""] for r in rows[1:])]), "short": table([rows[0], *(r[:-1] for r in rows[1:])]),
        "nameless": table([[*rows[0], ""], *([*r, "x"] for r in rows[1:])]), "all empty": table([rows[0], *([""] * 4 for _ in rows[1:])]),
        "a novel": table([*rows, ["P77", "x" * 300_000, "yes", "1"]]), "lines in a cell": table([*rows, ["P77", "a\n\"b\";\tc", "yes", "1"]]),
        "same person": table([*rows, rows[1], rows[1]]), "ids cut": table([rows[0], *([f"1.2345{n % 9}E+11", *r[1:]] for n, r in enumerate(rows[1:]))]),
        "formulas": table([*rows, ["P77", "=HYPERLINK(\"x\")", "yes", "1"]]), "comma": table([*([c[:3] + [f"{i},5"] for i, c in enumerate(rows)])], ";"),
        "yaml": table([["id: {[#&*!|>%@`", "- role", "'use\"", "years"], *rows[1:]]), "unclosed": plain.encode() + b'"P99',
    }  # fmt: skip


@pytest.mark.parametrize("name", damaged())
def test_a_damaged_file_is_read_or_refused_in_a_sentence(tmp_path, name):
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "s.csv"
    path.write_bytes(damaged()[name])
    made, sentence = None, ""
    try:
        made = make_project(tmp_path / "p", path)
    except UserError as error:
        sentence = str(error)
    if made is None:
        assert "s.csv" in sentence and sentence.endswith(".")
        assert [left.name for left in tmp_path.iterdir()] == ["in"]
        return
    assert errors(made) == []
    survey = open_survey(made, load_settings(made))
    assert len(survey.answers) + len(survey.dropped) >= 1


def test_a_file_that_two_programs_could_have_written_becomes_a_project_once_its_kind_is_said(tmp_path):  # fmt: skip
    header = ["id", "submitdate", "lastpage", "startlanguage", "ResponseId", "RecordedDate", "Progress", "q1"]  # fmt: skip
    rows = [header, *([n, "2020-01-01 10:00:00", 1, "en", f"R_{n}", "2020-01-01", 100, n % 3] for n in range(1, 13))]  # fmt: skip
    path = write(tmp_path / "two.csv", rows)
    with pytest.raises(UserError, match="could be of several kinds"):
        make_project(tmp_path / "p", path)
    assert not (tmp_path / "p").exists()
    made = make_project(tmp_path / "p", path, kind="limesurvey")
    assert load_settings(made)["inputs"]["survey"]["kind"] == "limesurvey"
    assert errors(made) == []
