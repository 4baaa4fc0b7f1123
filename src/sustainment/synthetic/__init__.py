"""The invented data: who was asked, what they answered, what was true all along.

`synthesise` writes everything below `data/raw/` and `data/worlds/` from `data/synthetic.yml` and
`data/questionnaire.yml`; the committed files are what it writes. The parts: `parameters` (numbers
with their status), `population` (persons), `draws` and `survey` (answers), `redcap` (files),
`defects` (planted faults), `worlds` (other truths under the same words).
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path

from sustainment.synthetic.parameters import Parameters, read_parameters

__all__ = ["Parameters", "read_parameters", "synthesise"]


def synthesise(
    study_folder: Path | str, seed: int | None = None, out: Path | str | None = None
) -> list[str]:
    """Write the invented data of a study; the same seed gives the same bytes.

    `study_folder` holds `data/synthetic.yml`; `out` stands for its `data` folder. Returns a line for
    every file or folder written. Raises UserError when a parameter is unclear.
    """
    from sustainment.synthetic.worlds import book, write_book, write_worlds

    folder = Path(study_folder)
    out = Path(out) if out is not None else folder / "data"
    parameters = read_parameters(folder / "data" / "synthetic.yml")
    seed = parameters.seed if seed is None else seed
    study = book(parameters, seed)
    written = write_book(study, out)
    written += write_worlds(parameters, seed, out)
    if find_spec("sustainment.synthetic.interviews"):
        from sustainment.synthetic.interviews import write_interviews

        write_interviews(folder, out / "raw" / "interviews", study.interviewed(folder))
        written.append(out / "raw" / "interviews")
    written.append(write_checksums(out))
    return [f"wrote {path.relative_to(out).as_posix()}" for path in written]


def write_checksums(data: Path) -> Path:
    """SHA-256 of every raw and sealed file, in the form that `sha256sum -c` reads."""
    files = sorted(p for part in ("raw", "worlds") for p in (data / part).rglob("*") if p.is_file())
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(data).as_posix()}\n"
        for path in files
    ]
    path = data / "SHA256SUMS"
    path.write_text("".join(lines), encoding="utf-8", newline="\n")
    return path
