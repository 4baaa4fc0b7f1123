"""Links from a page to its source: launch and edit links, and the notebook to download.

Both ways of building the book give the same links. The theme would link to the file that Sphinx has
read; when the runner has executed the chapters, that is an `.ipynb` that no repository holds. The
download is a clean notebook made here: no outputs, no parameters of an edition, and a first cell that
says how to get the package and the data.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sustainment.book.site.download import readable
from sustainment.learn.exercises import Exercise
from sustainment.learn.sphinx import exercises_of
from sustainment.learn.values import study_root

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

NOTEBOOKS = "_static"  # the chapters lie at _static/notebooks/…, as in the repository

FIRST_CELL = """\
**This notebook needs the book's package and data.** Get both once:

```sh
{get}
make book
```

Then open this chapter in the folder `{parent}` of the copy, with the kernel of its `.venv`. Without
the package, the first code cell stops with "No module named 'sustainment'".{colab}

Where the page prints a number, the text here holds its name, such as `use.yes`; a cell reports it."""

ON_COLAB = """

On Colab, run this in a cell of its own before the others, restart the session, and run its last line again:

```
!git clone {repository}
%pip install --quiet ./{name}
%cd {name}/{parent}
```"""


def clean_notebook(
    source: Path, docname: str, repository: str, exercises: Mapping[str, Exercise]
) -> str:
    """The chapter as a notebook without outputs (JSON), for download."""
    import jupytext
    import nbformat
    from nbformat.v4 import new_markdown_cell

    notebook = jupytext.read(source)
    get = "# in a copy of this book's repository:"
    parent, colab = docname.rsplit("/", 1)[0], ""
    if repository:
        name = repository.rstrip("/").rsplit("/", 1)[-1]
        get = f"git clone {repository}\ncd {name}"
        colab = ON_COLAB.format(repository=repository, name=name, parent=parent)
    note = FIRST_CELL.format(get=get, parent=parent, colab=colab)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell["source"] = readable(cell.source, exercises)
    notebook.cells.insert(0, new_markdown_cell(note))
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"  # ids are random by default; builds must not differ
    notebook.metadata = {"kernelspec": notebook.metadata.get("kernelspec", {})}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return nbformat.writes(notebook) + "\n"


def write_notebook(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """A chapter's clean notebook goes below `_static/notebooks/` with its page, and only with it."""
    if doctree is None or app.builder.name != "html" or not is_chapter(app, pagename):
        return
    source = Path(app.confdir) / app.config.sustainment_root / f"{pagename}.md"
    if source.exists():
        target = Path(app.outdir) / NOTEBOOKS / f"{pagename}.ipynb"
        target.parent.mkdir(parents=True, exist_ok=True)
        repository = app.config.html_theme_options.get("repository_url", "")
        exercises = exercises_of(study_root(app.srcdir))
        notebook = clean_notebook(source, pagename, repository, exercises)
        target.write_text(notebook, encoding="utf-8")


def page_links(repository: str, branch: str, notebooks_branch: str, docname: str) -> list[dict]:
    """Where this page's source can be read, run and reported on: [{text, url}].

    Every link names a tracked file. Colab opens only notebooks that lie in a repository, so its link
    needs the branch to which the workflow puts the clean ones (`sustainment_notebook_branch`).
    """
    host, _, name = repository.rstrip("/").removeprefix("https://").partition("/")
    if host != "github.com" or not name:
        return []
    source = f"{docname}.md"
    links = [
        {
            "text": "Run on Binder",
            "url": f"https://mybinder.org/v2/gh/{name}/{branch}?urlpath=lab/tree/{source}",
        },
        {"text": "Source of this page", "url": f"https://{host}/{name}/blob/{branch}/{source}"},
        {"text": "Report a problem", "url": f"https://{host}/{name}/issues/new"},
    ]
    if notebooks_branch:
        notebook = f"{name}/blob/{notebooks_branch}/{docname}.ipynb"
        url = f"https://colab.research.google.com/github/{notebook}"
        links.insert(1, {"text": "Open in Colab", "url": url})
    return links


def add_links(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Hand the page's links to the template `page-tools.html`."""
    if doctree is None:
        return
    options = app.config.html_theme_options
    links = page_links(
        options.get("repository_url", ""),
        options.get("repository_branch", "main"),
        app.config.sustainment_notebook_branch,
        pagename,
    )
    if is_chapter(app, pagename):
        url = context["pathto"](f"{NOTEBOOKS}/{pagename}.ipynb", 1)
        links.insert(0, {"text": "Download as a notebook", "url": url, "download": True})
    else:
        links = [
            link for link in links if "Run" not in link["text"] and "Colab" not in link["text"]
        ]
    context["page_links"] = links


def is_chapter(app: Sphinx, docname: str) -> bool:
    return "kernelspec" in app.env.metadata[docname]


def setup(app: Sphinx) -> None:
    app.add_config_value("sustainment_root", "", "html", [str])  # where the tracked chapters are
    app.add_config_value("sustainment_notebook_branch", "notebooks", "html", [str])
    app.connect("html-page-context", add_links, priority=900)
    app.connect("html-page-context", write_notebook)
