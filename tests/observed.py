"""A small observed-style study made from the book's own: marks taken off, canaries put in.

Every id, free text, date and timestamp becomes one that occurs nowhere else, so that a leak of any of
them is seen byte by byte. Nothing here is real: the people stay the invented ones.
"""

from __future__ import annotations

import base64
import csv
import io
import re
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("data", "assets", "_templates", "_config.yml", "references.bib", "editions.yml")
_BASE64 = re.compile(rb"base64,([A-Za-z0-9+/]+)")
EXCERPT_KEY = "a test's own secret"
ENTRY = {
    "edits": "nothing",
    "identifiers": "places, employers, titles, dates",
    "consent": "quotation in print",
    "second_reader": "a clinician of another region",
}


def make_observed(
    folder: Path, chapters: Sequence[str], editions: Sequence[str] = ("default",)
) -> Path:
    """A study folder of observed data with these chapters; returns it."""
    for name in COPIED:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    if "lab/worlds" not in chapters:
        shutil.rmtree(folder / "data" / "worlds", ignore_errors=True)
    for name in chapters:
        for ending in (".md", ".exercises.yml"):
            source = ROOT / "notebooks" / f"{name}{ending}"
            if source.exists():
                target = folder / "notebooks" / f"{name}{ending}"
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
    (folder / "index.md").write_text("# A study of observed data\n", encoding="utf-8")
    toc = {
        "format": "jb-book",
        "root": "index",
        "chapters": [{"file": f"notebooks/{name}"} for name in chapters],
    }
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    take_marks_off(folder / "data")
    register_excerpts(folder, chapters)
    declared = yaml.safe_load((folder / "editions.yml").read_text(encoding="utf-8"))
    declared["editions"] = {k: v for k, v in declared["editions"].items() if k in editions}
    (folder / "editions.yml").write_text(yaml.safe_dump(declared), encoding="utf-8")
    return folder


def make_observed_book(folder: Path, editions: Sequence[str]) -> Path:
    """The whole book, every chapter and page of it, as a study folder of observed data."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    files = [entry["file"] for part in toc["parts"] for entry in part["chapters"]]
    chapters = [f.removeprefix("notebooks/") for f in files if f.startswith("notebooks/")]
    make_observed(folder, chapters, editions)
    shutil.copytree(ROOT / "pages", folder / "pages")
    for name in ("_toc.yml", "index.md", "CITATION.cff", "SECURITY.md", "README.md", ".gitignore"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def take_marks_off(data: Path) -> None:
    """No is_synthetic column, no INVENTED, provenance observed; canaries in ids, texts and dates."""
    settings = yaml.safe_load((data / "study.yml").read_text(encoding="utf-8"))
    settings["provenance"] = "observed"
    settings["survey"].pop("mark", None)
    for decision in settings["survey"]["decisions"]:
        if decision.get("value") == "2000-02-31":
            decision["value"] = "1987-02-31"
    (data / "study.yml").write_text(
        yaml.safe_dump(settings, allow_unicode=True, sort_keys=False), encoding="utf-8"
    )
    without_column(data / "raw" / "population.csv")
    without_column(data / "raw" / "survey.csv")
    dictionary = data / "raw" / "survey_dictionary.csv"
    rows = list(csv.reader(io.StringIO(dictionary.read_text(encoding="utf-8"))))
    write(dictionary, [move(row) for row in rows if row[0] != "is_synthetic"])
    put_canaries(data / "raw" / "survey.csv")
    files = [p for p in (data / "raw").rglob("*") if p.is_file()]
    for path in files:
        content = path.read_bytes().replace(b"INV-", b"ZQP-").replace(b"INVENTED", b"VERBATIM")
        path.write_bytes(content)


def register_excerpts(folder: Path, chapters: Sequence[str]) -> None:
    """The chapters' excerpts under the secret key, each with an entry in study.yml."""
    from sustainment.interviews.excerpts import public_ids
    from sustainment.interviews.read import read_interviews

    interviews = read_interviews(folder / "data" / "raw" / "interviews", kind="refi-qda")
    rehearsal = public_ids(interviews, "rehearsal").set_index("id")["segment"]
    secret = public_ids(interviews, EXCERPT_KEY).set_index("segment")["id"]
    entries = {}
    texts = [folder / "notebooks" / f"{name}.md" for name in chapters]
    for path in [*texts, *(folder / "data" / "integration").glob("*.yml")]:
        text = path.read_text(encoding="utf-8")
        for id in sorted(set(re.findall(r"\bx[a-z2-7]{8}\b", text)) & set(rehearsal.index)):
            text = text.replace(id, secret[rehearsal[id]])
            entries[secret[rehearsal[id]]] = ENTRY
        path.write_text(text, encoding="utf-8")
    settings = yaml.safe_load((folder / "data" / "study.yml").read_text(encoding="utf-8"))
    settings["interviews"]["excerpts"] = {"approved": entries}
    (folder / "data" / "study.yml").write_text(
        yaml.safe_dump(settings, allow_unicode=True, sort_keys=False), encoding="utf-8"
    )


def without_column(path: Path, name: str = "is_synthetic") -> None:
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    at = rows[0].index(name)
    write(path, [row[:at] + row[at + 1 :] for row in rows])


def put_canaries(path: Path) -> None:
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    texts = [rows[0].index(name) for name in ("o01", "o02")]
    for number, row in enumerate(rows[1:], start=1):
        for at in texts:
            if row[at]:
                row[at] += f" zqcanary{number:04d}"
    write(path, [move(row) for row in rows])


def move(row: list[str]) -> list[str]:
    """Dates in a year that occurs nowhere else."""
    return [re.sub(r"\b2000-(?=\d\d-\d\d)", "1987-", cell) for cell in row]


def write(path: Path, rows: list[list[str]]) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def canaries(root: Path) -> dict[str, str]:
    """Everything that must appear nowhere: raw text → where it stands in the raw data."""
    raw = root / "data" / "raw"
    found: dict[str, str] = {}
    for name in ("survey.csv", "population.csv"):
        text = (raw / name).read_text(encoding="utf-8")
        for pattern, what in (
            (r"ZQP-\d{4}", "an id"),
            (r"zqcanary\d{4}", "a free text"),
            (r"1987-\d\d-\d\d(?: \d\d:\d\d:\d\d)?", "a date"),
        ):
            found |= dict.fromkeys(re.findall(pattern, text), f"{what} of {name}")
        for row in csv.reader(io.StringIO(text)):
            found[",".join(row)] = f"a row of {name}"
    shown = approved_words(root)
    for path in (raw / "interviews" / "sources").glob("*.txt"):
        for line in path.read_text(encoding="utf-8").splitlines():
            for sentence in re.split(r"(?<=[.!?])\s+", line.partition(": ")[2]):
                if len(sentence) > 25 and sentence not in shown:
                    found[sentence] = "a sentence of an interview"
        found[path.stem] = "the name of a transcript"
    return found


def approved_words(root: Path) -> str:
    """The words of all excerpts that have an entry."""
    from sustainment.interviews.excerpts import find
    from sustainment.interviews.read import read_interviews

    settings = yaml.safe_load((root / "data" / "study.yml").read_text(encoding="utf-8"))
    interviews = read_interviews(root / "data" / "raw" / "interviews", kind="refi-qda")
    entries = settings["interviews"]["excerpts"]["approved"]
    return "\n".join(find(interviews, id, EXCERPT_KEY)["text"] for id in entries)


def leaks(folder: Path, wanted: dict[str, str]) -> list[str]:
    """Files below a folder that hold a canary, byte by byte, in any file whatever its format.

    Downloads stand in the pages as base64: they are unpacked and searched, too; so are JSON's escapes.
    """
    hits = []
    needles = [(text.encode(), what) for text, what in wanted.items()]
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        content = path.read_bytes()
        inside = [base64.b64decode(found + b"==") for found in _BASE64.findall(content)]
        if path.suffix in (".json", ".ipynb", ".js"):
            inside.append(re.sub(rb"\\u([0-9a-f]{4})", _unescaped, content))
        seen = b"\0".join([content, *inside])
        hits += [
            f"{path.relative_to(folder)}: {what}" for needle, what in needles if needle in seen
        ]
    return hits


def _unescaped(match: re.Match[bytes]) -> bytes:
    return chr(int(match[1], 16)).encode("utf-8", "surrogatepass")


def published(root: Path, target: Path, editions: Sequence[str]) -> Path:
    """Everything that leaves a study's folder, copied or unpacked below one folder to be searched."""
    from sustainment.book.archive import archive

    build = root / "_build"
    for edition in editions:
        html = build / "html" if edition == "default" else build / "editions" / edition / "html"
        shutil.copytree(html, target / "site" / edition)
        local = shutil.ignore_patterns("*.fresh.json")  # names every file that was read; stays here
        shutil.copytree(build / "run" / edition, target / "run" / edition, ignore=local)
    for name in ("receipt.json", "receipt.md"):
        shutil.copy(build / name, target / name)
    shutil.copytree(root / "results", target / "results")
    shutil.copy(root / "data" / "suppression.yml", target)
    with zipfile.ZipFile(archive(root, target / "book.zip")) as packed:
        packed.extractall(target / "archive")
    for name in ("scripts", "worlds"):  # invented, and what the transcripts here were made from
        shutil.rmtree(target / "archive" / "data" / name)
    return target


def build_pages_of(root: Path, edition: str = "default") -> Path:
    """Execute, audit and make pages as a build does, but of a few chapters: links may lead nowhere."""
    from sustainment.book import build, pages
    from sustainment.book.progress import Teller
    from sustainment.book.stage import stage

    plan = build.make_plan(root, edition)
    told = Teller(quiet=True)
    build.execute_stale(plan, plan.book.order, 2, False, told)
    build.check_release(plan, part=False)
    chosen = plan.editions.edition(edition)
    stage(plan.book, plan.run_folder, plan.staged, chosen, plan.changed, None)
    work = plan.book.build_folder / "site" / plan.label
    with pages.Press(root, plan.run_folder) as press:
        made = press.make(plan.staged, work, whole=True, strict=False)
    pages.publish(made, plan.html)
    return plan.html
