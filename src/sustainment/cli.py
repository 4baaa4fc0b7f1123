"""The command line: `sustainment COMMAND`. Every command is a few lines; the work is elsewhere.

Heavy packages are imported inside the commands, so that `status` and `--help` answer at once.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from sustainment.book.commands import commands as book_commands
from sustainment.disclosure.commands import commands as protection_commands
from sustainment.errors import UserError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Build, check and protect an executable mixed-methods book.",
)

app.add_typer(book_commands)
app.add_typer(protection_commands)

Folder = Annotated[Path, typer.Argument(help="The study folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for another program.")]


@app.command()
def synthesise(
    folder: Folder = Path("."),
    seed: Annotated[int | None, typer.Option(help="Another seed than the book's.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write there instead of data/.")] = None,
) -> None:
    """Write the invented raw data from data/synthetic.yml."""
    from sustainment.study import find_root
    from sustainment.synthetic import synthesise as write

    for line in write(find_root(folder), seed=seed, out=out):
        typer.echo(line)


@app.command()
def check(folder: Folder = Path("."), as_json: AsJson = False) -> None:
    """Check the raw material: types, codes, routing, ids, offsets, provenance."""
    import json

    from sustainment.check import check_study
    from sustainment.findings import worst_first
    from sustainment.study import find_root

    findings = worst_first(check_study(find_root(folder)))
    if as_json:
        typer.echo(json.dumps([f.as_dict() for f in findings], ensure_ascii=False, indent=1))
    else:
        for finding in findings:
            typer.echo(f"{finding.severity}: {finding.sentence()}  [{finding.rule}]")
        errors = sum(f.severity == "error" for f in findings)
        typer.echo(f"{len(findings)} findings, {errors} of them errors.")
    if any(f.severity == "error" for f in findings):
        raise typer.Exit(1)


@app.command()
def package(
    folder: Folder = Path("."),
    out: Annotated[
        Path | None, typer.Option(help="Write there, not to _build/datapackage.")
    ] = None,
) -> None:
    """Write the cleaned survey as a Data Package; of observed data, its description only."""
    from sustainment.study import find_root, load_settings
    from sustainment.survey import open_survey
    from sustainment.synthetic.datapackage import write_data_package

    root = find_root(folder)
    settings = load_settings(root)
    target = out or root / "_build" / "datapackage"
    for path in write_data_package(open_survey(root, settings), target, settings):
        typer.echo(f"wrote {path.name}")


@app.command()
def codebook(
    folder: Folder = Path("."),
    out: Annotated[Path | None, typer.Option(help="Write there, not to _build/.")] = None,
) -> None:
    """Write the interviews' codebook as REFI-QDA (.qdc), which coding programs open."""
    from sustainment.interviews.refi_write import write_codebook
    from sustainment.study import Study, find_root, load_settings

    root = find_root(folder)
    study = Study(root, "codebook", load_settings(root), inputs=("interviews",), needs=())
    target = out or root / "_build" / "codebook.qdc"
    typer.echo(f"wrote {write_codebook(study.open_input('interviews'), target)}")


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(help="The project's folder; it must not exist yet.")],
    survey: Annotated[Path, typer.Option(help="The survey export.")],
    dictionary: Annotated[Path | None, typer.Option(help="Its dictionary or codebook.")] = None,
    interviews: Annotated[Path | None, typer.Option(help="Coded interviews or answers.")] = None,
    kind: Annotated[
        str | None, typer.Option(help="The program behind the export, where several fit.")
    ] = None,
    interviews_kind: Annotated[
        str | None, typer.Option(help="The same for the coded interviews.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Take every guess; ask nothing.")] = False,
) -> None:
    """Make a project of your own from a survey export and coded interviews."""
    from sustainment.new.ask import ask_person
    from sustainment.new.project import make_project

    if not yes and not sys.stdin.isatty():
        raise UserError(
            "Nobody can be asked here. Add --yes to take the guesses, and read study.yml."
        )
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit(143)
    )  # whoever ends us leaves nothing half made
    ask = None if yes else ask_person
    made = make_project(folder, survey, dictionary, interviews, ask, kind, interviews_kind)
    typer.echo(
        f"{made.name} is made. Read data/study.yml, then run `sustainment check` and `make book` in it."
    )


def main() -> None:
    """Run a command; a UserError is one sentence and exit status 2 (`--debug`: a traceback)."""
    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
    try:
        app()
    except UserError as error:
        if debug:
            raise
        print(f"sustainment: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
