"""Links from a page to its source: launch and edit links, and the notebook to download.

Both ways of building the book must give the same links. When the runner has executed the chapters,
Sphinx reads `.ipynb` files that no repository holds; the links name the tracked `.md` instead. The
download is a clean notebook made here: no outputs, no parameters of an edition, and a first cell that
says how to get the package and the data.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

FIRST_CELL = """\
**This notebook needs the book's package and data.** Get both once:

```sh
git clone {repository}
cd {folder}
make book
```

Then open this chapter in the folder `{parent}` of the copy, with the kernel of its `.venv`. Without
the package, the first code cell stops with "No module named 'sustainment'"."""


def clean_notebook(source: Path, docname: str, repository: str) -> str:
    """The chapter as a notebook without outputs (JSON), for download."""
    import jupytext
    import nbformat
    from nbformat.v4 import new_markdown_cell

    notebook = jupytext.read(source)
    folder = repository.rstrip("/").rsplit("/", 1)[-1]
    note = FIRST_CELL.format(repository=repository, folder=folder, parent=docname.rsplit("/", 1)[0])
    notebook.cells.insert(0, new_markdown_cell(note))
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"  # ids are random by default; builds must not differ
    notebook.metadata = {"kernelspec": notebook.metadata.get("kernelspec", {})}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return nbformat.writes(notebook) + "\n"


def write_notebooks(app: Sphinx, error: Exception | None) -> None:
    """One clean notebook a chapter, below `_static/notebooks/`, where the download button points."""
    if error or app.builder.name != "html":
        return
    root = Path(app.config.sustainment_root or app.confdir)
    for docname in sorted(app.env.found_docs):
        source = root / f"{docname}.md"
        if "kernelspec" not in app.env.metadata[docname] or not source.exists():
            continue
        target = Path(app.outdir) / "_static" / "notebooks" / f"{docname}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        repository = app.config.html_theme_options.get("repository_url", "")
        target.write_text(clean_notebook(source, docname, repository), encoding="utf-8")


def tracked_links(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document
) -> None:
    """Point the header's buttons at tracked files and at the clean notebook."""
    is_notebook = "kernelspec" in (context.get("meta") or {})

    def mend(buttons: list[dict]) -> list[dict]:
        kept = []
        for button in buttons:
            if isinstance(button.get("url"), str):
                button["url"] = button["url"].replace(f"{pagename}.ipynb", f"{pagename}.md")
            if "buttons" in button:
                button["buttons"] = mend(button["buttons"])
            if button.get("text") in (".md", ".ipynb"):
                # The theme's own source download is a dead link: sources are not copied.
                if not is_notebook:
                    continue
                button["text"] = ".ipynb"
                button["url"] = context["pathto"](f"_static/notebooks/{pagename}.ipynb", 1)
            kept.append(button)
        return kept

    if context.get("header_buttons"):
        context["header_buttons"] = mend(context["header_buttons"])


def setup(app: Sphinx) -> None:
    app.add_config_value("sustainment_root", "", "html", [str])  # where the tracked chapters are
    app.connect("html-page-context", tracked_links, priority=900)
    app.connect("build-finished", write_notebooks)
