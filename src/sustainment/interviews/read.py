"""One door for every coding project: recognise the kind, say why, stop where two fit."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from sustainment.errors import UserError
from sustainment.findings import Finding
from sustainment.interviews.database import Database
from sustainment.interviews.grid import BOOKS, TEXTS, read_grid
from sustainment.interviews.model import Interviews
from sustainment.interviews.qualcoder import NEEDED as QUALCODER
from sustainment.interviews.qualcoder import read_qualcoder
from sustainment.interviews.refi import read_refi
from sustainment.interviews.sheets import read_sheets
from sustainment.interviews.taguette import NEEDED as TAGUETTE
from sustainment.interviews.taguette import read_taguette
from sustainment.interviews.transcripts import transcript_files

KINDS = {
    "refi-qda": "a REFI-QDA project (.qdpx, its folder, or its .qde)",
    "taguette": "a Taguette project (SQLite)",
    "qualcoder": "a QualCoder project (.qda folder or data.qda)",
    "sheets": "coding kept in a spreadsheet (CSV, XLSX, ODS)",
}
_ALIASES = {"refi": "refi-qda", "qdpx": "refi-qda", "sheet": "sheets", "spreadsheet": "sheets"}

# exports whose columns are known: headers → mapping, and what the export has lost
_TAGUETTE_TABLE = ("id", "document", "tag", "content")
_SQLITE = b"SQLite format 3\x00"
# MAXQDA, NVivo, ATLAS.ti, f4, Quirkos, QDA Miner, Transana
_OWN_FORMAT = re.compile(r"\.(mx\w{0,4}|mex\d*|nvpx?|nvcx|atlproj\d*|hpr\d|f4p|qrk|ppj|tprj?)")
_QUALCODER_REPORT = ("Coder", "Coded", "Id", "Codename")


def read_interviews(
    path: str | Path, kind: str | None = None, mapping: dict | None = None
) -> Interviews:
    """Read a coding project of any kind in `KINDS`.

    Parameters
    ----------
    kind : asks for one kind; by default it is recognised from the content.
    mapping : for spreadsheets, which column is what (`sheets`); for a Taguette file with
        several projects, {"project": name}.

    Raises UserError where no kind or more than one fits, and where the kind asked for does not.
    """
    path = Path(path)
    fits = recognise(path, mapping)
    if kind is not None:
        wanted = _ALIASES.get(kind.lower(), kind.lower())
        if wanted not in KINDS:
            raise UserError(f"Unknown kind of interviews {kind!r}. Known: {', '.join(KINDS)}.")
        if wanted not in fits:
            raise UserError(
                f"{path.name} is not {KINDS[wanted]}"
                + (f"; it looks like {KINDS[next(iter(fits))]}." if fits else ".")
            )
    elif len(fits) != 1:
        raise _undecided(path, fits)
    else:
        wanted = next(iter(fits))
    return _READERS[wanted](path, mapping)


def recognise(path: str | Path, mapping: dict | None = None) -> dict[str, str]:
    """The kinds a file or folder may be: kind → why."""
    path = Path(path)
    if not path.exists():
        raise UserError(f"{path.name}: no such file or folder. Check the name in study.yml.")
    return _folder(path, mapping) if path.is_dir() else _file(path)


def _folder(path: Path, mapping: dict | None) -> dict[str, str]:
    names = [p.name for p in path.iterdir()]
    fits = {}
    if any(name.lower().endswith(".qde") for name in names):
        fits["refi-qda"] = "the folder holds a .qde file"
    if "data.qda" in names:
        fits["qualcoder"] = "the folder holds data.qda"
    places = [path, *(place for place in path.iterdir() if place.is_dir())]
    tables = sum(file.suffix.lower() in (*BOOKS, *TEXTS[:3]) for place in places for file in place.iterdir())  # fmt: skip
    if (mapping or {}).get("files") or (tables and not fits):
        fits["sheets"] = f"the folder holds {tables} table(s)"
    return fits


def _starts(path: Path) -> bytes:
    with path.open("rb") as opened:
        return opened.read(16)


def _file(path: Path) -> dict[str, str]:
    if _starts(path) == _SQLITE and not _OWN_FORMAT.fullmatch(path.suffix.lower()):
        with Database(path) as database:
            fits = {}
            if database.tables >= TAGUETTE:
                fits["taguette"] = "an SQLite file with Taguette's tables"
            if database.tables >= QUALCODER:
                fits["qualcoder"] = "an SQLite file with QualCoder's tables"
            return fits
    suffix = path.suffix.lower()
    if suffix in BOOKS or suffix in TEXTS:
        return {"sheets": f"a {suffix} file"}
    if suffix in (".qde", ".qdpx") or zipfile.is_zipfile(path):
        return {"refi-qda": "an archive or XML file of the REFI-QDA format"}
    return {}


def _undecided(path: Path, fits: dict[str, str]) -> UserError:
    if fits:
        said = "; ".join(f"{kind} ({why})" for kind, why in fits.items())
        return UserError(
            f"{path.name} may be more than one kind: {said}. Say which: `--interviews-kind` when a project "
            "is made, `kind:` in data/study.yml afterwards."
        )
    hint = ""
    if path.is_dir() and (texts := transcript_files(path)):
        raise UserError(
            f"{path.name} holds {len(texts)} transcript(s) and no coding, so there is nothing to show. Put "
            "the table of coded quotations beside them, or name the coding program's project."
        )
    if path.suffix.lower() == ".qdc":
        hint = " A .qdc is a codebook alone: export the whole project (.qdpx)."
    elif _OWN_FORMAT.fullmatch(path.suffix.lower()):
        hint = " It is a coding program's own file: export it there as a REFI-QDA project (.qdpx)."
    elif path.is_file() and _starts(path) == _SQLITE:
        hint = " It is an SQLite file of another program: export its coding as REFI-QDA or a table."
    return UserError(
        f"{path.name} is none of the kinds that can be read: {'; '.join(KINDS.values())}.{hint}"
    )


def _read_table(path: Path, mapping: dict | None) -> Interviews:
    if mapping or path.is_dir():
        return read_sheets(path, mapping)
    names = [name.strip() for name in read_grid(path).rows[0]]
    if tuple(names) == _TAGUETTE_TABLE:
        known = {"id": "id", "document": "document", "quotation": "content", "codes": ["tag"]}
        read = read_sheets(path, {"layout": "quotations", **known})
        lost = (
            "a Taguette highlights table: coder identity, positions and untagged highlights are "
            "lost in it; the SQLite export keeps the positions"
        )
        read.notes.insert(0, Finding("warning", "coder-lost", lost, file=path.name))
        return read
    if all(name in names for name in _QUALCODER_REPORT):
        known = {
            "quotation": "Coded",
            "codes": ["Codename"],
            "coder": "Coder",
            "document": names[0],
        }
        if "Coded_Memo" in names:
            known["note"] = "Coded_Memo"
        return read_sheets(path, {"layout": "quotations", **known})
    return read_sheets(path)


_READERS = {
    "refi-qda": lambda path, mapping: read_refi(path),
    "taguette": read_taguette,
    "qualcoder": read_qualcoder,
    "sheets": _read_table,
}
