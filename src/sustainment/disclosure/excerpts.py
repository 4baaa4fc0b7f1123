"""The register of excerpts: no passage of a real interview is shown without an entry.

An entry stands under `interviews: excerpts: approved` in `data/study.yml`, by public id, and says what
was edited, which identifiers were considered, what the person consented to, and who read it second. Words
that something else stands for are named there too (`replace:`), never in a chapter, whose code is printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sustainment.errors import UserError

QUESTIONS = {
    "edits": "what was changed or left out (or: nothing)",
    "identifiers": "which direct and indirect identifiers were considered",
    "consent": "which use of their words the person agreed to",
    "second_reader": "who read it with the eyes of the workplace, by role",
}


def approved(settings: Mapping[str, Any]) -> dict[str, Mapping[str, str]]:
    """The excerpts that may be shown, by public id. Raises UserError for an incomplete entry.

    settings: the `interviews:` block of study.yml.
    """
    entries = (settings.get("excerpts") or {}).get("approved") or {}
    if not isinstance(entries, Mapping):
        raise UserError(
            "data/study.yml: interviews: excerpts: approved must give each excerpt an entry "
            f"({', '.join(QUESTIONS)}), not only its id."
        )
    for id, entry in entries.items():
        for question, words in QUESTIONS.items():
            if not isinstance(entry, Mapping) or not str(entry.get(question) or "").strip():
                raise UserError(
                    f"data/study.yml: the excerpt {id} has no {question!r}: say {words}. Until then "
                    f"it is not shown."
                )
    return dict(entries)
