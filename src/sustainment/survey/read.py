"""One door for every survey export: `read_survey` finds out which program wrote it, and says why.

Each kind is a module with three names: KIND, recognise(source) and read(source). REDCap is built in;
the others lie in `survey/vendors/` and are found there. When two kinds fit, reading stops: a
wrong guess would turn codes into other answers.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import ModuleType

from sustainment.errors import UserError
from sustainment.survey import redcap
from sustainment.survey.model import RawSurvey
from sustainment.survey.source import Source
from sustainment.survey.tabular import Unreadable

SAY = "Say which it is: `--kind` when a project is made, `kind:` in data/study.yml afterwards"


def read_survey(
    path: Path | str, dictionary: Path | str | None = None, kind: str | None = None
) -> RawSurvey:
    """Read a survey export of any known kind; cells stay exactly as in the file.

    `dictionary` is the codebook file of kinds that have one, `kind` spares the recognition. Raises
    UserError when no kind or more than one fits, Unreadable when the file cannot be read.
    """
    source = Source(Path(path), Path(dictionary) if dictionary else None)
    for file in (source.path, source.dictionary):
        if file is not None and not file.is_file():
            raise Unreadable.because(
                "file-missing", "The file is missing", file.name,
                remedy="Put it there, or correct its name in data/study.yml.",
            )  # fmt: skip
    if kind:
        reader, why = _named(kind), "its kind was given"
    else:
        reader, why = _recognised(source)
    raw = reader.read(source)
    return replace(raw, kind=raw.kind or reader.KIND, why=raw.why or why, file=source.name)


@cache
def kinds() -> dict[str, ModuleType]:
    """Every kind of export that can be read, with its reader."""
    readers = {redcap.KIND: redcap}
    try:
        vendors = importlib.import_module("sustainment.survey.vendors")
    except ModuleNotFoundError:
        return readers
    for module in pkgutil.iter_modules(vendors.__path__):
        reader = importlib.import_module(f"{vendors.__name__}.{module.name}")
        if hasattr(reader, "KIND"):
            readers[reader.KIND] = reader
    return readers


def _named(kind: str) -> ModuleType:
    if kind in kinds():
        return kinds()[kind]
    near = get_close_matches(kind, kinds(), n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise UserError(
        f"{kind!r} is not a kind of survey export that can be read.{hint} Known: {', '.join(kinds())}."
    )


def _recognised(source: Source) -> tuple[ModuleType, str]:
    """The one reader that knows the file, and its reason."""
    reasons, unreadable = {}, None
    for kind, reader in kinds().items():
        try:
            why = reader.recognise(source)
        except Unreadable as error:  # no plain table; a kind with several header rows may read it
            unreadable = unreadable or error
            continue
        if why:
            reasons[kind] = why
    if len(reasons) == 1:
        kind, why = reasons.popitem()
        return kinds()[kind], why
    if reasons:
        found = "; ".join(f"{kind}, because {why}" for kind, why in reasons.items())
        raise UserError(f"{source.name} could be of several kinds: {found}. {SAY}.")
    if unreadable:
        raise unreadable
    raise UserError(
        f"{source.name} is of no kind that can be read ({', '.join(kinds())}). {SAY}, or export it again."
    )
