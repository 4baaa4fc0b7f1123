"""The whole book as one PDF: Sphinx puts all pages on one, chromium prints it.

The PDF is tagged and has an outline; formulas and tables come out whole, and what a page keeps folded
has its place (`paper`). What the paper looks like is in the print part of assets/site.css.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from shutil import which

from sustainment.book.paper import make_paper
from sustainment.errors import UserError

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def make_pdf(folder: Path | str = ".", edition: str = "default") -> Path:
    """Build the book and print it to `_build/book.pdf`; returns that file.

    Raises UserError when chromium is missing or the book cannot be built.
    """
    from sustainment.book.build import build
    from sustainment.book.pages import Press
    from sustainment.book.plan import make_plan

    find_browser()  # before minutes of work
    build(folder, edition)
    plan = make_plan(folder, edition)
    site = plan.book.build_folder / "site" / f"{plan.label}-pdf"
    with Press(plan.book.folder, plan.run_folder) as press:
        page = press.make(plan.staged, site, whole=True, builder="singlehtml")
    name = "book.pdf" if plan.label == "default" else f"book-{plan.label}.pdf"
    return print_page(make_paper(page / "index.html"), plan.book.build_folder / name)


def find_browser() -> str:
    for name in BROWSERS:
        if path := which(name):
            return path
    raise UserError(
        "The PDF is printed by chromium, which is not installed. Install it (Debian and Ubuntu: "
        "apt install chromium) and try again."
    )


def print_page(page: Path, target: Path) -> Path:
    """Print an HTML file as a tagged PDF with an outline."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(
            [
                find_browser(),
                *QUIET,
                f"--user-data-dir={profile}",
                "--no-pdf-header-footer",
                "--generate-pdf-document-outline",
                "--export-tagged-pdf",
                "--virtual-time-budget=10000",
                f"--print-to-pdf={target}",
                page.as_uri(),
            ],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=300,
        )
    if done.returncode or not target.exists():
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise UserError(f"Chromium could not print {page}: {said}")
    return target
