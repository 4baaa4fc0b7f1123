"""Where the forms on a page find their numbers: the page's own reported values, and the study."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from myst_nb.ext.glue.crossref import read_glue_cache


def study_root(srcdir: Any) -> Path:
    """The study behind a Sphinx source folder: itself, or the study that a staged book was made from."""
    here = Path(srcdir)
    for folder in (here, *here.parents):
        if (folder / "data" / "study.yml").is_file():
            return folder
    return here


def page_records(env: Any, docname: str) -> dict[str, dict[str, Any]]:
    """{key: {value, text, kind}} of what a page reports."""
    records = {}
    for key, output in read_glue_cache(env.mystnb_config.output_folder, docname).items():
        record = output.get("metadata", {}).get("sustainment")
        if record and "value" in record:
            records[key] = record
    return records
