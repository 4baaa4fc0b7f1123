"""The rules between files: population, survey and interviews, and what `provenance` promises."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pandas as pd

from sustainment.check.material import Material
from sustainment.check.rules import Hit, hits_of, rule
from sustainment.check.survey_rules import DECIDE
from sustainment.findings import Finding

AT_SOURCE = "Correct the list at its source."


# The list of the population ------------------------------------------------------------------


@rule("frame-without-ids", "error", "The list of the population has no column of ids",
      "Name the column in data/study.yml (inputs: population: index).")  # fmt: skip
def frame_without_ids(material: Material) -> Iterator[Hit]:
    table = material.population
    if table is not None and material.frame is None:
        yield Hit(table.file, 1, material.person)


@rule("frame-id-missing", "error", "A person in the list has no id", AT_SOURCE)
def frame_id_missing(material: Material) -> Iterator[Hit]:
    for line, person in _people(material):
        if not person.strip():
            yield Hit(material.file("population"), line, material.person)


@rule("frame-id-repeated", "error", "An id stands twice in the list of the population", AT_SOURCE)
def frame_id_repeated(material: Material) -> Iterator[Hit]:
    seen = set()
    for line, person in _people(material):
        if person in seen and person:
            yield Hit(material.file("population"), line, material.person, person)
        seen.add(person)


@rule("frame-spaces", "error", "A cell of the list has spaces before or after it", AT_SOURCE)
def frame_spaces(material: Material) -> Iterator[Hit]:
    if (table := material.population) is not None:
        for name in table.header:
            cells = table.cells[name]
            for line in cells.index[cells != cells.str.strip()]:
                yield Hit(table.file, int(line), name, cells[line])


@rule("frame-value", "error", "A cell of the list holds none of the values that study.yml allows",
      "Correct the list, or add the value (survey: frame: values).")  # fmt: skip
def frame_value(material: Material) -> Iterator[Hit]:
    allowed = (material.block("survey").get("frame") or {}).get("values") or {}
    if (table := material.population) is None:
        return
    for name, values in allowed.items():
        if name not in table.cells:
            yield Hit(table.file, 1, name, detail="the list has no such column")
            continue
        cells = table.cells[name]
        for line in cells.index[~cells.isin([str(value) for value in values])]:
            yield Hit(table.file, int(line), name, cells[line])


@rule("frame-size", "error", "The list of the population has another size than study.yml says",
      "Complete the list, or correct population: size.")  # fmt: skip
def frame_size(material: Material) -> Iterator[Hit]:
    size = material.block("population").get("size")
    if material.frame is not None and size is not None and len(material.frame) != int(size):
        detail = f"{len(material.frame)} persons, not {size}"
        yield Hit(material.file("population"), None, detail=detail)


@rule("frame-cell-small", "error", "So few persons share these properties that they could be recognised",
      "Join categories, or leave a property out of the list.")  # fmt: skip
def frame_cell_small(material: Material) -> Iterator[Hit]:
    limit = (material.block("survey").get("frame") or {}).get("smallest_cell") or {}
    columns = limit.get("columns") or []
    if material.frame is None or not columns:
        return
    for name in [name for name in columns if name not in material.frame]:
        yield Hit(material.file("population"), 1, name, detail="the list has no such column")
        return
    sizes = material.frame.groupby(columns, observed=True).size()
    for cell, size in sizes[sizes < limit.get("at_least", 3)].items():
        value = " × ".join(cell) if isinstance(cell, tuple) else str(cell)
        yield Hit(material.file("population"), None, ", ".join(columns), value, f"{size}")


@rule("frame-disagrees", "error", "The answer differs from the list of the population", DECIDE)
def frame_disagrees(material: Material) -> Iterator[Hit]:
    if (survey := material.survey) is not None:
        yield from hits_of(survey, survey.frame_disagreements())


# The interviews ------------------------------------------------------------------------------


@rule("interviews-project", "note", "The coding project")
def interviews_project(material: Material) -> Iterator[Finding]:
    """Everything the interviews' own check tells: offsets outside the text, coders, empty themes."""
    if material.interviews is not None:
        from sustainment.interviews.check import check_interviews

        yield from check_interviews(material.interviews)


@rule("segment-text", "error", "A segment's text is not what stands at its offsets",
      "Export the project again, together with the texts it was coded on.")  # fmt: skip
def segment_text(material: Material) -> Iterator[Hit]:
    if (project := material.interviews) is None:
        return
    texts = dict(zip(project.documents["document"], project.documents["text"], strict=True))
    for row in project.segments.itertuples():
        text = texts.get(row.document, "")
        if not isinstance(text, str):
            continue  # the export lacks this text: the reader says so once, as source-missing
        inside = 0 <= row.start < row.end <= len(text)
        if not inside or text[row.start : row.end] != row.text:
            yield Hit(project.file, None, "segments", row.segment)


@rule("segment-code", "error", "A segment's code is not in the codebook",
      "Export the project with its codebook.")  # fmt: skip
def segment_code(material: Material) -> Iterator[Hit]:
    if (project := material.interviews) is not None:
        known = set(project.codes["code"])
        for row in project.segments[~project.segments["code"].isin(known)].itertuples():
            yield Hit(project.file, None, "segments", row.segment, f"{row.code!r}")


@rule("coder-nameless", "error", "A coder has no name, or a segment's coder is not listed",
      "Name the coders in the program, for example coder-1.")  # fmt: skip
def coder_nameless(material: Material) -> Iterator[Hit]:
    if (project := material.interviews) is None:
        return
    for row in project.coders.itertuples():
        if not isinstance(row.name, str) or not str(row.name).strip():
            yield Hit(project.file, None, "coders", str(row.coder))
    for coder in sorted(set(project.segments["coder"]) - set(project.coders["coder"]) - {""}):
        yield Hit(project.file, None, "segments", str(coder))


@rule("case-not-in-frame", "error", "An interviewed person is not in the list of the population",
      "Correct the case's id, or leave it out when the link is not to be kept.")  # fmt: skip
def case_not_in_frame(material: Material) -> Iterator[Hit]:
    if material.frame is not None:
        for case, person in _interviewed(material):
            if person and person not in material.frame.index:
                yield Hit(material.file("interviews"), None, "cases", f"{case}: {person}")


@rule("case-repeated", "error", "Two cases are the same person", "Join the cases in the program.")
def case_repeated(material: Material) -> Iterator[Hit]:
    first: dict[str, str] = {}
    for case, person in _interviewed(material):
        if person and first.setdefault(person, case) != case:
            yield Hit(material.file("interviews"), None, "cases", f"{case}: {person}")


@rule("case-disagrees", "error", "A case differs from the list of the population",
      "Correct the case or the list, whichever is wrong.")  # fmt: skip
def case_disagrees(material: Material) -> Iterator[Hit]:
    same = material.block("interviews").get("same") or {}
    if material.frame is None or material.interviews is None:
        return
    cases = material.interviews.cases
    people = dict(_interviewed(material))
    frame = material.frame[~material.frame.index.duplicated()]
    for variable, column in same.items():
        if variable not in cases or column not in frame:
            yield Hit(material.name, None, "interviews: same", f"{variable}: {column}", "no such variable or column")  # fmt: skip
            continue
        for case, said in zip(cases["case"], cases[variable], strict=True):
            person = people.get(case)
            if person in frame.index and str(frame.at[person, column]) != str(said):
                detail = f"{variable} is {said} in the case, {frame.at[person, column]} in the list"
                yield Hit(material.file("interviews"), None, "cases", str(case), detail)


@rule("case-without-answer", "note", "An interviewed person did not answer the survey")
def case_without_answer(material: Material) -> Iterator[Hit]:
    if material.survey is not None:
        answered = set(material.survey.persons[material.survey.kept])
        for case, person in _interviewed(material):
            if person and person not in answered:
                yield Hit(material.file("interviews"), None, "cases", case)


@rule("case-answer-disagrees", "error", "A case differs from the person's answer in the survey",
      "Correct the case or the answer, whichever is wrong.")  # fmt: skip
def case_answer_disagrees(material: Material) -> Iterator[Hit]:
    pairs = material.block("interviews").get("answers") or {}
    if (survey := material.survey) is None or material.interviews is None:
        return
    cases = material.interviews.cases
    people = dict(_interviewed(material))
    rows = {person: row for row, person in enumerate(survey.persons) if survey.kept[row]}
    for variable, name in pairs.items():
        if variable not in cases or name not in survey.items:
            yield Hit(material.name, None, "interviews: answers", f"{variable}: {name}", "no such variable or item")  # fmt: skip
            continue
        positions, texts = survey.column(name).plain
        options = survey.items[name].options
        for case, said in zip(cases["case"], cases[variable], strict=True):
            row = rows.get(people.get(case, ""))
            answer = texts[positions[row]] if row is not None else ""
            label = options.get(answer, answer)
            if answer and str(said).casefold() not in (label.casefold(), answer.casefold()):
                detail = f"{variable} is {said} in the case, {name} is {label} in the survey"
                yield Hit(material.file("interviews"), None, "cases", str(case), detail)


# Provenance ----------------------------------------------------------------------------------


@rule("mark-undeclared", "error", "Invented data must be marked, and study.yml does not say how",
      "Add `mark: {column: …, value: …}` under survey: in data/study.yml.")  # fmt: skip
def mark_undeclared(material: Material) -> Iterator[Hit]:
    if material.synthetic and not _mark(material)[0]:
        yield Hit(material.name, None, "survey: mark")


@rule("mark-missing", "error", "A row of invented data does not say so",
      "Mark it, or set provenance: observed in data/study.yml if the data are real.")  # fmt: skip
def mark_missing(material: Material) -> Iterator[Hit]:
    column, value = _mark(material)
    if not material.synthetic or not column:
        return
    for file, cells in _tables(material):
        if column not in cells:
            yield Hit(file, 1, column)
            continue
        for line in cells.index[cells[column] != value]:
            yield Hit(file, int(line), column, cells.at[line, column])


@rule("mark-present", "error", "provenance says observed, but rows are marked as invented",
      "Put the real data in place, or set provenance: synthetic in data/study.yml.")  # fmt: skip
def mark_present(material: Material) -> Iterator[Hit]:
    column, value = _mark(material)
    if material.synthetic or not column:
        return
    for file, cells in _tables(material):
        if column in cells:
            for line in cells.index[cells[column].str.strip() == value]:
                yield Hit(file, int(line), column, cells.at[line, column])


@rule("text-mark-missing", "error", "An invented interview does not say so in its first line",
      "Write the mark of data/study.yml (interviews: mark) into the first line.")  # fmt: skip
def text_mark_missing(material: Material) -> Iterator[Hit]:
    for name, first, mark in _first_lines(material):
        if material.synthetic and mark not in first:
            yield Hit(material.file("interviews"), 1, name)


@rule("text-mark-present", "error", "provenance says observed, but an interview is marked as invented",
      "Put the real interviews in place, or set provenance: synthetic in data/study.yml.")  # fmt: skip
def text_mark_present(material: Material) -> Iterator[Hit]:
    for name, first, mark in _first_lines(material):
        if not material.synthetic and mark in first:
            yield Hit(material.file("interviews"), 1, name)


@rule("checksum", "note", "The file is not the one that data/SHA256SUMS lists")
def checksum(material: Material) -> Iterator[Hit]:
    """A raw file that was exchanged or edited: allowed, but worth knowing before comparing numbers."""
    data = material.root / "data"
    if not (data / "SHA256SUMS").is_file():
        return
    for line in (data / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        path = data / name
        if name.startswith("raw/") and path.is_file():
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                    yield Hit(path.name)


# Helpers -------------------------------------------------------------------------------------


def _people(material: Material) -> Iterator[tuple[int, str]]:
    """(line, id) of the list of the population."""
    table = material.population
    if table is not None and material.frame is not None:
        yield from zip(table.cells.index, material.frame.index, strict=True)


def _interviewed(material: Material) -> Iterator[tuple[str, str]]:
    """(case, person) where study.yml says which variable of a case names the person."""
    variable = material.block("interviews").get("person")
    if material.interviews is not None and variable in material.interviews.cases:
        cases = material.interviews.cases
        for case, person in zip(cases["case"], cases[variable], strict=True):
            yield str(case), str(person).strip() if isinstance(person, str) else ""


def _mark(material: Material) -> tuple[str, str]:
    mark = material.block("survey").get("mark") or {}
    return mark.get("column", ""), str(mark.get("value", ""))


def _tables(material: Material) -> Iterator[tuple[str, pd.DataFrame]]:
    if material.raw is not None:
        yield material.raw.file, material.raw.table
    if material.population is not None:
        yield material.file("population"), material.population.cells


def _first_lines(material: Material) -> Iterator[tuple[str, str, str]]:
    """(document, its first line, the mark) of every interview with a text."""
    mark = material.block("interviews").get("mark", "INVENTED")
    if material.interviews is not None:
        documents = material.interviews.documents
        for name, text in zip(documents["name"], documents["text"], strict=True):
            if isinstance(text, str):
                yield str(name), text.lstrip("\ufeff").split("\n", 1)[0], mark
