"""The sentence on top of every page: where its data come from, and which edition this is.

The provenance is read from `data/study.yml`. What the configuration says under `html: announcement`
follows it; there the runner names every edition but the default. Pages of observed data are made from
what the runner has executed and audited, so a build that would execute chapters itself stops here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from sphinx.errors import ConfigError

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

SYNTHETIC = (
    '<span class="says-invented">The survey answers and interviews in this book are '
    "<strong>invented</strong>. They are not the study's.</span>"
)


def provenance_of(confdir: str | Path) -> str:
    """`synthetic` or `observed`, as the study says; `synthetic` where nothing is said."""
    path = Path(confdir) / "data" / "study.yml"
    if not path.exists():
        return "synthetic"
    return yaml.safe_load(path.read_text(encoding="utf-8")).get("provenance", "synthetic")


def configure(app: Sphinx, config: Config) -> None:
    config.sustainment_provenance = config.sustainment_provenance or provenance_of(app.confdir)
    if provenance_of(app.confdir) == "observed" and config.nb_execution_mode != "off":
        raise ConfigError(
            "The data are a real study's. Pages of them are made by `sustainment build` alone, which "
            "looks at all that is printed before it writes a page."
        )
    said = SYNTHETIC if config.sustainment_provenance == "synthetic" else ""
    options = config.html_theme_options
    text = f"{said} {options.get('announcement') or ''}".strip()
    config.html_theme_options = {**options, "announcement": text}


def setup(app: Sphinx) -> None:
    app.add_config_value("sustainment_provenance", "", "env", [str])
    app.connect("config-inited", configure, priority=100)
