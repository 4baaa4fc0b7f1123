"""How time and memory grow with the data: one strand at one size, in a process of its own.

`python -m sustainment.book.scale STRAND SIZE BOOK` copies the book's own raw material often enough,
walks the strand on it as its chapters do, and prints seconds and peak memory as JSON. `bench.py` calls
it. The copies are for measuring only; they are written to a temporary folder.
"""

from __future__ import annotations

import copy
import csv
import json
import math
import resource
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import yaml

from sustainment.study import Study, load_settings
from sustainment.survey import open_survey

SIZES = {
    "survey": (10**3, 10**4, 10**5, 10**6),
    "interviews": (10**3, 10**4, 10**5),
    "own study": (20_000,),  # respondents with 400 items each: read, drafted and checked
    "check": (10**6,),  # rows of the book's own survey, those without a planted defect
    "laboratory": (1,),  # times the simulations of the default edition
}
OWN_ITEMS = 400


def grow_survey(book: Path, target: Path, respondents: int, left_out: Collection[str] = ()) -> None:
    """A study folder whose survey holds at least so many respondents; everybody is there often.

    left_out: records of the book's own survey that are not to be repeated.
    """
    shutil.copytree(book / "data", target / "data")
    settings = load_settings(book)
    survey, paths = settings["survey"], settings["inputs"]["survey"]
    kept = len(open_survey(book, settings).answers)
    copies = math.ceil(respondents / kept)
    identifiers = {survey["id"], survey.get("record")}
    repeat_rows(target / "data" / paths["file"], copies, identifiers, left_out)
    if paths.get("frame"):
        index = settings["inputs"]["population"]["index"]
        repeat_rows(target / "data" / paths["frame"], copies, {index})
    if "records" in survey:
        survey["records"] *= copies
    text = yaml.safe_dump(settings, allow_unicode=True, sort_keys=False)
    (target / "data" / "study.yml").write_text(text, encoding="utf-8")


def repeat_rows(
    path: Path, copies: int, identifiers: set[str | None], left_out: Collection[str] = ()
) -> None:
    """Write each row of a CSV file `copies` times, with identifiers of its own each time."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = [row for row in csv.reader(file) if row[0] not in left_out]
    places = [place for place, name in enumerate(header) if name in identifiers]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for number in range(copies):
            for row in rows:
                again = list(row)
                for place in places:
                    if number and again[place]:
                        again[place] = f"{again[place]}-{number}"
                writer.writerow(again)


def grow_interviews(source: Path, target: Path, segments: int) -> None:
    """A REFI-QDA folder with at least so many coded passages: the same transcripts, often."""
    shutil.copytree(source, target)
    project = next(target.glob("*.qde"))
    namespace = "urn:QDA-XML:project:1.0"
    ElementTree.register_namespace("", namespace)
    tree = ElementTree.parse(project)
    sources = tree.getroot().find(f"{{{namespace}}}Sources")
    assert sources is not None
    first = list(sources)
    per_copy = sum(
        1 for part in first for e in part.iter() if e.tag.endswith("}PlainTextSelection")
    )
    for number in range(1, math.ceil(segments / per_copy)):
        for part in first:
            again = copy.deepcopy(part)
            for element in again.iter():
                if "guid" in element.attrib:
                    element.set("guid", other_guid(element.get("guid", ""), number))
            path = part.get("plainTextPath", "").removeprefix("internal://")
            if path:
                name = other_guid(Path(path).stem, number) + ".txt"
                shutil.copyfile(target / "sources" / path, target / "sources" / name)
                again.set("plainTextPath", f"internal://{name}")
            again.set("name", f"{part.get('name')} {number}")
            sources.append(again)
    tree.write(project, encoding="utf-8", xml_declaration=True)


def other_guid(guid: str, number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{guid}/{number}"))


def prepare_survey(book: Path, folder: Path, size: int) -> Callable[[], int]:
    grow_survey(book, folder / "study", size)
    settings = load_settings(folder / "study")

    def walk(root: Path = folder / "study") -> int:
        inputs = ("survey", "population", "multiverse")
        study = Study(root, "survey", settings, inputs=inputs, needs=())
        survey = study.open_input("survey")
        count_survey(study, survey, study.open_input("population"))
        return len(survey.answers)

    walk(book)  # imports are not what is measured
    return walk


def count_survey(study: Study, survey: Any, frame: pd.DataFrame) -> None:
    """Every method of the chapters that count, once; what they give is thrown away."""
    from statsmodels.stats.nonparametric import rank_compare_2indep

    from sustainment.inference import concentration, counts, effects, response, silence
    from sustainment.survey.multiverse import headline_range

    outcome, N = study.settings["survey"]["outcome"], len(frame)
    said = survey.answers[outcome["item"]]
    yes, n = int((said == outcome["yes"]).sum()), int(said.notna().sum())
    for item in survey.answers:  # the repairs and the gaps, item by item
        survey.missing[item].value_counts()
        survey.answers[item].value_counts()
    survey.log["rule"].value_counts()
    response.aapor(n, non_contact=N - n)
    answered = pd.Series(frame.index.isin(survey.answers.index), index=frame.index)
    response.standardised_differences(frame, answered)
    counts.manski_bounds(yes, n, N)
    counts.hypergeometric_interval(yes, n, N)
    counts.wilson(yes, n)
    silence.pattern_mixture(yes, n, N)
    silence.tipping_point(yes, n, N, 0.6)
    numbers = [
        i.id for i in survey.codebook.values() if i.type == "number" and i.id in survey.answers
    ]
    for item in numbers:
        concentration.busiest_share(survey.answers[item], 5)
        concentration.fewest_holding(survey.answers[item])
        concentration.lorenz(survey.answers[item])
        values = survey.answers[item].astype(float)
        groups = values[said == outcome["yes"]].dropna(), values[said == outcome["no"]].dropna()
        effects.cliff_delta(*groups)
        rank_compare_2indep(*groups)
    for headline in study.open_input("multiverse"):
        headline_range(study, survey, frame, headline)


def prepare_interviews(book: Path, folder: Path, size: int) -> Callable[[], int]:
    from sustainment.interviews import agreement, matrices
    from sustainment.interviews.arrange import arrange
    from sustainment.interviews.cooccurrence import cooccurrence
    from sustainment.interviews.read import read_interviews

    settings = load_settings(book)
    source = book / "data" / settings["inputs"]["interviews"]["file"]
    grow_interviews(source, folder / "interviews", size)

    pd.DataFrame({"a": [1]}).groupby("a").size()  # imports are not what is measured

    def walk() -> int:
        interviews = read_interviews(folder / "interviews", kind="refi-qda")
        table = arrange(interviews, (settings.get("interviews") or {}).get("dimensions"))
        for by in ("code", "subtheme", "theme"):
            matrices.presence(interviews, table, by)
            matrices.reach(interviews, table, by)  # frequency and coverage among them
        matrices.codeline(interviews, table)
        matrices.over_phases(table)
        cooccurrence(table)
        agreement.disagreements(agreement.units(interviews, table))
        return len(interviews.segments)

    return walk


def prepare_own_study(_book: Path, folder: Path, size: int) -> Callable[[], int]:
    """Somebody's export of many codes without a codebook, as `sustainment new` and `check` take it."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv

    from sustainment.check import check_study
    from sustainment.new.draft import draft_study
    from sustainment.new.project import copy_raw, open_material
    from sustainment.new.settings import study_yaml

    codes = np.random.default_rng(5).integers(1, 6, (OWN_ITEMS, size))
    columns = {"id": np.arange(size)} | {f"q{n}": row for n, row in enumerate(codes, start=1)}
    pa.csv.write_csv(pa.table(columns), folder / "export.csv")

    def walk() -> int:
        material = open_material(folder / "export.csv", None, None)
        draft = draft_study(material.raw, None, "Our study")
        inputs = copy_raw(folder / "study" / "data", material)
        text = study_yaml(draft, inputs, material.raw, None)
        (folder / "study" / "data" / "study.yml").write_text(text, encoding="utf-8")
        assert not any(found.severity == "error" for found in check_study(folder / "study"))
        return len(material.raw.table)

    return walk


def prepare_check(book: Path, folder: Path, size: int) -> Callable[[], int]:
    """The check of sound material: what it costs to find nothing."""
    from sustainment.check import check_study

    with (book / "data" / "worlds" / "book" / "defects.csv").open(encoding="utf-8") as file:
        defective = {row["record"] for row in csv.DictReader(file)}
    grow_survey(book, folder / "study", 2 * size, defective)  # about half have a defect
    path = folder / "study" / "data" / "study.yml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    inputs = {name: settings["inputs"][name] for name in ("survey", "population")}
    with (folder / "study" / "data" / inputs["survey"]["file"]).open("rb") as file:
        rows = sum(1 for _ in file) - 1
    settings["survey"] |= {"records": rows, "frame": {}, "decisions": []}
    path.write_text(yaml.safe_dump(settings | {"inputs": inputs}), encoding="utf-8")

    def walk() -> int:
        check_study(folder / "study")
        return rows

    check_study(book)  # imports are not what is measured
    return walk


def prepare_laboratory(book: Path, _folder: Path, size: int) -> Callable[[], int]:
    """Every simulation of the laboratory, as often as the default edition runs it."""
    from sustainment.inference import simulation
    from sustainment.learn.worlds import score

    runs = {"fish_subgroups": 1000, "separate": 600, "remember_years": 120, "inflate_zeros": 200}
    studies = 200

    def walk() -> int:
        for task, number in runs.items():
            simulation.simulate(getattr(simulation, task), size * number, 1)
        score(book, seed=1, studies=size * studies)
        return size * (sum(runs.values()) + studies)

    return walk


PREPARE = {
    "survey": prepare_survey,
    "interviews": prepare_interviews,
    "own study": prepare_own_study,
    "check": prepare_check,
    "laboratory": prepare_laboratory,
}


def measure(strand: str, size: int, book: Path) -> dict[str, float]:
    """Rows walked, seconds, and peak memory of this process in MB (imports included)."""
    with tempfile.TemporaryDirectory() as folder:
        walk = PREPARE[strand](book, Path(folder), size)
        start, worked = time.perf_counter(), time.process_time()
        rows = walk()
        seconds, worked = time.perf_counter() - start, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "rows": rows,
        "seconds": round(seconds, 3),
        "processor_seconds": round(worked, 3),
        "peak_mb": round(peak),
    }


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))))
