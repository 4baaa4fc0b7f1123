"""A page loads what it uses: styles and scripts of features that are not on it are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

# file name (its end) -> what the page's body must hold for the file to be of use
NEEDED_BY = {
    "sphinx-design.min.css": ("sd-",),
    "design-tabs.js": ("sd-tab-set",),
    "clipboard.min.js": ("highlight",),
    "copybutton.js": ("highlight",),
    "copybutton.css": ("highlight",),
    "togglebutton.js": ("toggle",),
    "togglebutton.css": ("toggle",),
    "exercise.css": ("exercise",),
    "mystnb.css": ("cell",),
}
NEVER = ("sphinx-thebe.js", "sphinx-thebe.css", "thebelab.js")
AT_ONCE = ("documentation_options.js",)  # an inline script right after it needs it


def trim(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Filter the page's styles and scripts, and let scripts wait until the page is read."""
    body = context.get("body") or ""
    context["css_files"] = [f for f in context["css_files"] if is_needed(f, body)]
    scripts = [f for f in context["script_files"] if is_needed(f, body)]
    if pagename != "search":
        scripts = [deferred(f) for f in scripts]
    context["script_files"] = scripts


def is_needed(file: Any, body: str) -> bool:
    name = _name(file)
    if any(name.endswith(never) for never in NEVER):
        return False
    for end, signs in NEEDED_BY.items():
        if name.endswith(end):
            return any(sign in body for sign in signs)
    return True


def deferred(file: Any) -> Any:
    """The same script with `defer`. A new object: Sphinx shares the list between pages."""
    name = _name(file)
    if not name or name.endswith(AT_ONCE) or "async" in file.attributes:
        return file
    return type(file)(
        file.filename, priority=file.priority, **{**file.attributes, "defer": "defer"}
    )


def _name(file: Any) -> str:
    return str(getattr(file, "filename", file) or "").split("?")[0]


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", trim, priority=950)
