"""Excerpts: quoted by a public id, cut from the transcript, never pasted.

A public id is a keyed hash of the passage's place. It does not say which interview the passage
is from, and two excerpts of one person share nothing. Under `observed` the key must be secret,
and only excerpts on a reviewed list may be shown.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import os
import re
from base64 import b32encode
from collections.abc import Callable, Container, Sequence

import pandas as pd

from sustainment.errors import CannotSay, UserError
from sustainment.interviews.model import Interviews, settings_of

INVENTED_SUFFIX = "[invented, not from the study]"
KEY_VARIABLE = "SUSTAINMENT_EXCERPT_KEY"
_ID = re.compile(r"^x[a-z2-7]{8}$")


def public_ids(interviews: Interviews, key: str | None = None) -> pd.DataFrame:
    """Every passage's public id: [id, segment, document, start, end], sorted by id.

    For the person who chooses excerpts. Never publish this table under `observed`: it is the
    link between excerpts and interviews.
    """
    secret = _key(interviews, key)
    rows = interviews.segments[["segment", "document", "start", "end"]].drop_duplicates()
    rows = rows.assign(id=[public_id(s, secret) for s in rows["segment"]])
    if rows["id"].duplicated().any():
        raise UserError("Two passages have the same public id. Choose another excerpt key.")
    return rows[["id", "segment", "document", "start", "end"]].sort_values("id", ignore_index=True)


def public_id(segment: str, key: str) -> str:
    """ "x" and eight letters or digits: 40 bits of HMAC-SHA-256 over the passage's place."""
    digest = hmac.new(key.encode(), segment.encode(), hashlib.sha256).digest()
    return "x" + b32encode(digest[:5]).decode().lower()


def _key(interviews: Interviews, key: str | None) -> str:
    if key:
        return key
    provenance = _provenance(interviews)
    if provenance == "observed":
        if secret := os.environ.get(KEY_VARIABLE):
            return secret
        raise UserError(
            f"Public ids of real excerpts need a secret key: set {KEY_VARIABLE} in the "
            "environment of the build, and keep it with the protected data."
        )
    return str((settings_of(interviews).get("excerpts") or {}).get("key") or "excerpts")


def excerpt(
    interviews: Interviews,
    public_id: str,
    *,
    context: int = 0,
    leave_out: Sequence[tuple[int, int]] = (),
    replace: dict[str, str] | None = None,
    approved: Container[str] | Callable[[str], bool] | None = None,
    key: str | None = None,
) -> str:
    """Show a passage with its mark; returns the words as shown.

    Parameters
    ----------
    context : sentences of the same turn shown, greyed, on each side; of observed interviews none.
    leave_out : (start, end) within the passage, shown as […].
    replace : words → what stands for them, shown in square brackets ("BUP Norr" → "[a clinic]").
        Of observed interviews they stand in the excerpt's entry: a chapter's code is printed with it.
    approved : under `observed`, the reviewed ids (or a function that knows them); by default
        `interviews: excerpts: approved` of study.yml. Anything else is refused.
    """
    provenance = _provenance(interviews)
    entry = _permit(interviews, public_id, provenance, approved)
    if replace and provenance == "observed":
        raise UserError(
            f"The code of a chapter is printed, and with it the words that `replace` is to take out of "
            f"{public_id}. Write them into its entry in study.yml (replace: {{words: what stands for them}})."
        )
    passage = find(interviews, public_id, key)
    shown = edited(passage["text"], leave_out, {**(replace or {}), **(entry.get("replace") or {})})
    # what stands around a real excerpt was not looked at by anybody when the excerpt was
    before, after = surroundings(interviews, passage, context if provenance == "synthetic" else 0)
    _display(to_html(public_id, shown, provenance, before, after), shown, public_id, provenance)
    return _Shown(shown)


def marked(interviews: Interviews, words: str) -> str:
    """Words of an interview outside an excerpt, such as a code's example: invented ones say so."""
    return f"{words} {INVENTED_SUFFIX}" if _provenance(interviews) == "synthetic" else words


class _Shown(str):
    """The words, already displayed: a cell that ends with them must not print them twice."""

    def _ipython_display_(self) -> None:
        pass


def find(interviews: Interviews, public_id: str, key: str | None = None) -> dict:
    """The passage behind a public id: document, start, end, text."""
    if not _ID.match(public_id):
        raise UserError(f"{public_id!r} is no excerpt id. Ids look like 'xab2cd3ef'.")
    ids = public_ids(interviews, key)
    found = ids[ids["id"] == public_id]
    if not len(found):
        raise CannotSay(
            f"No passage has the excerpt id {public_id!r}. Has its text or its borders changed?"
        )
    row = found.iloc[0]
    segments = interviews.segments
    text = segments.loc[segments["segment"] == row["segment"], "text"].iloc[0]
    return {"document": row["document"], "start": row["start"], "end": row["end"], "text": text}


def edited(text: str, leave_out: Sequence[tuple[int, int]], replace: dict[str, str]) -> str:
    """The passage with marked edits only: […] for what is left out, [words] for replacements."""
    for start, end in sorted(leave_out, reverse=True):
        if not 0 <= start < end <= len(text):
            raise UserError(f"leave_out ({start}, {end}) is outside the passage of {len(text)}.")
        text = f"{text[:start]}[…]{text[end:]}"
    for words, instead in replace.items():
        if words not in text:
            raise UserError(f"{words!r} is to be replaced, but the passage does not hold it.")
        text = text.replace(words, f"[{instead}]")
    return text


def surroundings(interviews: Interviews, passage: dict, sentences: int) -> tuple[str, str]:
    """Sentences of the same line before and after a passage ("" where there are none)."""
    text = interviews.documents.set_index("document").at[passage["document"], "text"]
    if not sentences or pd.isna(text):
        return "", ""
    begin = text.rfind("\n", 0, passage["start"]) + 1
    stop = text.find("\n", passage["end"])
    before = re.split(r"(?<=[.!?…])\s+", text[begin : passage["start"]].strip())
    after = re.split(r"(?<=[.!?…])\s+", text[passage["end"] : len(text) if stop < 0 else stop].strip())  # fmt: skip
    return " ".join(before[-sentences:]), " ".join(after[:sentences])


def to_html(public_id: str, shown: str, provenance: str, before: str = "", after: str = "") -> str:
    """The figure: escaped words in a blockquote; invented ones carry their mark when copied."""
    mark = ""
    if provenance == "synthetic":
        mark = f'<span class="visually-hidden excerpt-mark"> {INVENTED_SUFFIX}</span>'

    def around(words: str) -> str:
        return f'<span class="excerpt-context">{html.escape(words)}</span> ' if words else ""

    words = html.escape(shown).replace("\n", "<br/>")
    return (
        f'<figure class="excerpt" id="{public_id}" data-provenance="{provenance}">'
        f"<blockquote><p>{around(before)}"
        f'<span class="excerpt-words" data-excerpt="{public_id}">{words}</span>'
        f"{' ' + around(after).strip() if after else ''}{mark}</p></blockquote>"
        f"<figcaption>Excerpt {public_id}</figcaption></figure>"
    )


def _provenance(interviews: Interviews) -> str:
    from sustainment.study import current_study

    study = current_study()
    provenance = interviews.provenance or (study.provenance if study else "")
    if provenance not in ("synthetic", "observed"):
        raise UserError(
            "An excerpt must say whether it is invented or observed. Open the study first, or "
            "give the interviews their provenance."
        )
    return provenance


def _permit(interviews, public_id: str, provenance: str, approved) -> dict:
    """The excerpt's entry in the register; {} when there is none because there need be none."""
    if provenance != "observed":
        return {}
    if approved is None:
        from sustainment.disclosure.excerpts import approved as entries

        approved = entries(settings_of(interviews))
    known = approved(public_id) if callable(approved) else public_id in approved
    if not known:
        raise UserError(
            f"The excerpt {public_id!r} is not on the reviewed list (interviews: excerpts: "
            "approved in study.yml), so it is not shown."
        )
    return dict(approved[public_id]) if isinstance(approved, dict) else {}


def _display(markup: str, shown: str, public_id: str, provenance: str) -> None:
    from sustainment.report import in_notebook

    if not in_notebook():
        return
    from IPython.display import display

    plain = f"“{shown}” {INVENTED_SUFFIX}" if provenance == "synthetic" else f"“{shown}”"
    display(
        {"text/html": markup, "text/plain": plain},
        raw=True,
        metadata={"sustainment": {"type": "excerpt", "id": public_id, "provenance": provenance}},
    )
