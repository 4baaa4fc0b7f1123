"""A small book whose data, labels, codes, excerpts, titles and file names were written by an enemy."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

EXAMPLE = Path(__file__).parent / "book" / "example"
RUN = "window.owned=1;alert(1)"
# Each is what somebody may write into a free text, or a team into a label, a code's or a file's name.
TEXTS = (
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg/onload={RUN}>",
    f"</td></tr></table><script>{RUN}</script>",
    f'"><script>{RUN}</script>',
    f"' onmouseover='{RUN}",
    f"--><script>{RUN}</script>",
    "```{include} /etc/passwd\n```",
    "{include}`/etc/passwd`",
    f"```{{raw}} html\n<script>{RUN}</script>\n```",
    f"{{raw-html}}`<script>{RUN}</script>`",
    f"[click](javascript:{RUN})",
    "![x](https://example.org/pixel.png)",
    f"<iframe src='javascript:{RUN}'></iframe>",
    "{{ 7 * 7 }}{% raw %}",
)
CELL = """
```{code-cell} ipython3
import pandas as pd
from sustainment.figures import new_figure, show_figure
from sustainment.interviews.excerpts import to_html
from sustainment.tables import show_table
from IPython.display import HTML
texts = study.open_input("answers")["texts"]
for i, text in enumerate(texts):
    report(f"count.text_{i}", text, kind="data", label=text, population=text)
    show_table(pd.DataFrame({text: [text]}), id=f"tbl-text-{i}", kind="data", caption=text, download=True)
    fig, ax = new_figure(1.2)
    ax.set_xlabel(text.replace("$", "").splitlines()[0])
    show_figure(fig, id=f"fig-text-{i}", title=text, alt=text, caption=text, twin=pd.DataFrame({text: [text]}))
```

```{code-cell} ipython3
HTML("".join(to_html("xab2cd3ef", text, "invented", text, text) for text in texts))
```

"""


def make_hostile(folder: Path) -> Path:
    """The example book with the texts in every place that a file of somebody else can fill."""
    root = Path(shutil.copytree(EXAMPLE, folder))
    answers = yaml.safe_load((root / "data/raw/answers.yml").read_text(encoding="utf-8"))
    answers["texts"] = list(TEXTS)
    name = "<img src=x onerror=alert(1)>.yml"
    (root / "data/raw/answers.yml").unlink()
    (root / "data/raw" / name).write_text(yaml.safe_dump(answers), encoding="utf-8")
    settings = yaml.safe_load((root / "data/study.yml").read_text(encoding="utf-8"))
    settings["inputs"]["answers"]["file"] = f"raw/{name}"
    (root / "data/study.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    chapter = root / "notebooks/survey/count.md"
    glued = "\n".join(f"Somebody wrote {{glue:text}}`count.text_{i}`.\n" for i in range(len(TEXTS)))
    chapter.write_text(chapter.read_text(encoding="utf-8") + CELL + glued, encoding="utf-8")
    return root
