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
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import yaml

from sustainment.study import load_settings

SIZES = {
    "survey": (10**3, 10**4, 10**5, 10**6),
    "interviews": (10**3, 10**4, 10**5),
}


def grow_survey(book: Path, target: Path, respondents: int) -> None:
    """A study folder whose survey holds at least so many respondents; everybody is there often."""
    shutil.copytree(book / "data", target / "data")
    settings = load_settings(book)
    survey, paths = settings["survey"], settings["inputs"]["survey"]
    kept = len(list(csv.reader((book / "data" / paths["file"]).open(encoding="utf-8")))) - 1
    copies = math.ceil(respondents / kept)
    repeat_rows(target / "data" / paths["file"], copies, {survey["id"], survey.get("record")})
    if paths.get("frame"):
        index = settings["inputs"]["population"]["index"]
        repeat_rows(target / "data" / paths["frame"], copies, {index})
    if "records" in survey:
        survey["records"] *= copies
    text = yaml.safe_dump(settings, allow_unicode=True, sort_keys=False)
    (target / "data" / "study.yml").write_text(text, encoding="utf-8")


def repeat_rows(path: Path, copies: int, identifiers: set[str | None]) -> None:
    """Write each row of a CSV file `copies` times, with identifiers of its own each time."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
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
    from sustainment.survey import open_survey

    grow_survey(book, folder / "study", size)
    settings = load_settings(folder / "study")

    def walk() -> int:
        survey = open_survey(folder / "study", settings)
        outcome = settings["survey"]["outcome"]["item"]
        survey.answers.groupby(outcome, observed=True).size()
        return len(survey.answers)

    return walk


def prepare_interviews(book: Path, folder: Path, size: int) -> Callable[[], int]:
    from sustainment.interviews import agreement, matrices
    from sustainment.interviews.arrange import arrange
    from sustainment.interviews.cooccurrence import cooccurrence
    from sustainment.interviews.read import read_interviews

    settings = load_settings(book)
    source = book / "data" / settings["inputs"]["interviews"]["file"]
    grow_interviews(source, folder / "interviews", size)

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


PREPARE = {"survey": prepare_survey, "interviews": prepare_interviews}


def measure(strand: str, size: int, book: Path) -> dict[str, float]:
    """Rows walked, seconds, and peak memory of this process in MB (imports included)."""
    import pandas as pd

    pd.DataFrame({"a": [1]}).groupby("a").size()  # imports are not what is measured
    with tempfile.TemporaryDirectory() as folder:
        walk = PREPARE[strand](book, Path(folder), size)
        start = time.perf_counter()
        rows = walk()
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rows": rows, "seconds": round(seconds, 3), "peak_mb": round(peak)}


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))))
