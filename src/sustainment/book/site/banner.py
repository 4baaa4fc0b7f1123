"""The sentence on top of every page: where its data come from, and which edition this is.

The provenance is read from `data/study.yml`; the edition is named by the configuration
(`sustainment_edition`), which the runner writes for every edition but the default.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

SYNTHETIC = "The survey answers and interviews in this book are <strong>invented</strong>."


def provenance_of(confdir: str | Path) -> str:
    """`synthetic` or `observed`, as the study says; `synthetic` where nothing is said."""
    path = Path(confdir) / "data" / "study.yml"
    if not path.exists():
        return "synthetic"
    return yaml.safe_load(path.read_text(encoding="utf-8")).get("provenance", "synthetic")


def sentence(provenance: str, edition: str) -> str:
    """HTML of the banner; empty for the default edition of a real study."""
    parts = [SYNTHETIC + " They are not the study's."] if provenance == "synthetic" else []
    if edition not in ("", "default"):
        parts.append(f"Edition: <strong>{escape(edition)}</strong>.")
    return " ".join(parts)


def configure(app: Sphinx, config: Config) -> None:
    config.sustainment_provenance = config.sustainment_provenance or provenance_of(app.confdir)
    text = sentence(config.sustainment_provenance, config.sustainment_edition)
    config.html_theme_options = {**config.html_theme_options, "announcement": text}


def setup(app: Sphinx) -> None:
    app.add_config_value("sustainment_provenance", "", "html", [str])
    app.add_config_value("sustainment_edition", "default", "html", [str])
    app.connect("config-inited", configure, priority=100)
