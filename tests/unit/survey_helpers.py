"""A small study folder of six persons, and a way to break one cell of it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import yaml

SURVEY = """\
record_id,person,is_synthetic,filled_on,a01,b05,b06,b08,b10___1,b10___2,b10____99,score,o01,form_complete
1,P-1,1,2000-02-01,1,3,1,2,0,0,0,4,Colleagues,2
2,P-2,1,2000-02-02,2,0,0,,1,0,0,5,"Time, ""real"" time
and a place",2
3,P-3,1,2000-02-03,1,12,1,1,0,0,0,1,None,2
4,P-4,1,2000-02-04,3,-99,0,,0,0,1,9,,2
5,P-5,1,2000-02-05,2,7,0,,1,1,0,2,-88,2
"""
DICTIONARY_HEADER = (
    "Variable / Field Name,Form Name,Section Header,Field Type,Field Label,"
    '"Choices, Calculations, OR Slider Labels",Field Note,'
    "Text Validation Type OR Show Slider Number,Text Validation Min,Text Validation Max,"
    "Identifier?,Branching Logic (Show field only if...),Required Field?,Custom Alignment,"
    "Question Number (surveys only),Matrix Group Name,Matrix Ranking?,Field Annotation\n"
)
DICTIONARY = (
    DICTIONARY_HEADER
    + """\
record_id,form,,text,Record,,,,,,,,,,,,,
person,form,,text,Person,,,,,,,,,,,,,
is_synthetic,form,,yesno,Invented,,,,,,,,,,,,,
filled_on,form,,text,Date,,,date_ymd,2000-01-01,2000-12-31,,,,,,,,
a01,form,About you,radio,Profession,"1, nurse | 2, social worker, licensed | 3, other",,,,,,,,,,,,
b05,form,,text,How many?,,,integer,0,60,,,,,,,,
b06,form,,yesno,Still?,,,,,,,,,,,,,
b08,form,,radio,How?,"1, fully | 2, in part",,,,,,[b06] = '1',,,,,,
b10,form,,checkbox,Why not?,"1, no time | 2, no referrals",,,,,,[b06] = '0',,,,,,
score,form,,radio,Agree?,"1, no | 2, rather not | 3, neither | 4, rather | 5, yes | 9, Not applicable",,,,,,,,,,,,
o01,form,,notes,What helped?,,,,,,,,,,,,,
"""
)
POPULATION = "person,cohort,is_synthetic\n" + "".join(
    f"P-{i},{'1' if i < 4 else '2'},1\n" for i in range(1, 7)
)
SETTINGS = {
    "title": "A small study",
    "provenance": "synthetic",
    "population": {"size": 6},
    "inputs": {
        "survey": {"file": "raw/survey.csv", "dictionary": "raw/dictionary.csv", "kind": "redcap"},
        "population": {"file": "raw/population.csv", "index": "person"},
    },
    "survey": {
        "id": "person",
        "record": "record_id",
        "outcome": {"item": "b06", "yes": "1", "no": "0"},
        "complete": {"column": "form_complete", "value": "2"},
        "missing_codes": {"-99": "no answer", "-88": "refused"},
        "missing_labels": {"Not applicable": "not applicable"},
        "mark": {"column": "is_synthetic", "value": "1"},
        "frame": {"smallest_cell": {"columns": ["cohort"], "at_least": 3}},
    },
}


def write_study(folder: Path, *, survey: str | bytes = SURVEY, dictionary: str | bytes = DICTIONARY,
                population: str | bytes = POPULATION, settings: dict | None = None) -> Path:  # fmt: skip
    """Write a study folder; text is written as UTF-8, bytes as they are."""
    raw = folder / "data" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    files = {"survey.csv": survey, "dictionary.csv": dictionary, "population.csv": population}
    for name, content in files.items():
        content = content.encode() if isinstance(content, str) else content
        (raw / name).write_bytes(content)
    text = yaml.safe_dump(settings or SETTINGS, allow_unicode=True)
    (folder / "data" / "study.yml").write_text(text, encoding="utf-8")
    return folder


def with_cell(text: str, line: int, column: str, value: str) -> str:
    """The CSV with one cell changed; `line` is the line of the file on which the record starts."""
    reader = csv.reader(io.StringIO(text, newline=""))
    records, start = [], 1
    for record in reader:
        records.append((start, record))
        start = reader.line_num + 1
    place = records[0][1].index(column)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    found = False
    for start, record in records:
        if start == line:
            record[place], found = value, True
        writer.writerow(record)
    assert found, f"no record starts on line {line}"
    return out.getvalue()


def settings_with(**survey: object) -> dict:
    """The small study's settings with other entries in the `survey:` block."""
    return {**SETTINGS, "survey": {**SETTINGS["survey"], **survey}}
