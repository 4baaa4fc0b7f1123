"""Draft a study's settings from its material: every guess with the reason for it.

A guess is never silent: `study.yml` carries the reason as a comment, and the decisions that the
check would ask for are drafted with how often each is needed.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sustainment.interviews.model import Interviews
from sustainment.new.contents import closed_items, contents, steps
from sustainment.new.decisions import draft_decisions
from sustainment.new.describe import FEWEST, can_be_counted
from sustainment.new.linking import guess_link
from sustainment.report import QUANTITY_WORDS
from sustainment.survey.examine import Examination
from sustainment.survey.model import MISSING_KINDS, RawSurvey
from sustainment.survey.vendors.guess import missing_kind
from sustainment.survey.vendors.identifiers import respondent_column
from sustainment.survey.vendors.scales import plain

_YES = {
    "yes", "ja", "oui", "sim", "true", "sí", "si", "sì", "agree", "i agree", "kyllä", "tak", "ano", "igen",
    "evet", "да", "так", "ναι", "はい", "是", "有", "예", "네", "نعم", "כן", "हाँ", "да, конечно", "y", "j",
}  # fmt: skip
_NO_ANSWER = re.compile(
    r"prefer not to .*|rather not .*|refused?( to answer)?|no (answer|response|reply)|keine (angabe|antwort)|ns ?/ ?n[cr]|not applicable|n/?a|does not apply"
    r"|vill (inte|ej) (svara|uppge)|ej aktuellt|inte aktuellt|ej tillämpligt",
    re.I,
)


_INVENTED = re.compile(r"(is_)?(synthetic|invented|simulated|made_up)", re.I)


@dataclass
class Guess:
    """A value for study.yml, and why it was chosen."""

    value: Any
    why: str


@dataclass
class Draft:
    """Everything `new` guesses. Keys are places in study.yml ("population.size")."""

    guesses: dict[str, Guess] = field(default_factory=dict)

    def add(self, key: str, value: Any, why: str) -> None:
        self.guesses[key] = Guess(value, why)

    def __getitem__(self, key: str) -> Any:
        return self.guesses[key].value

    def get(self, key: str, default: Any = None) -> Any:
        return self.guesses[key].value if key in self.guesses else default

    def settings(self) -> dict[str, Any]:
        """The guesses as the nested dict that study.yml will hold."""
        out: dict[str, Any] = {}
        for key, guess in self.guesses.items():
            place = out
            *parents, last = key.split(".")
            for parent in parents:
                place = place.setdefault(parent, {})
            place[last] = guess.value
        return out


def draft_study(raw: RawSurvey, interviews: Interviews | None, title: str) -> Draft:
    """All settings for one survey, and for its interviews if there are any."""
    draft = Draft()
    draft.add("title", title, "from the name of the folder")
    _provenance(draft, raw)
    _records(draft, raw)
    _missing(draft, raw)
    _outcome(draft, raw)
    decisions = draft_decisions(raw, draft.settings()["survey"])
    draft.add(
        "survey.decisions", decisions, "each line is a guess: read its reason, keep it or strike it"
    )
    examined = Examination(raw, draft.settings()["survey"])
    kept = int(examined.kept.sum())
    why = "as many as records kept: how many were invited is not in the export. Correct it"
    if not can_be_counted(draft["provenance"], kept):
        why += f". With fewer than {FEWEST} every count would be a person: no chapter shows answers"
    draft.add("population.size", kept, why)
    draft.add("population.known", False, "set it to true once `size` says how many were invited")
    draft.add("population.noun", "respondents", "a neutral word")
    draft.add("population.words", "people who were sent the survey", "a neutral word")
    contents(draft, raw)
    _protection(draft, kept, interviews)
    if interviews is not None:
        _interviews(draft, interviews)
        rule, why = guess_link(raw, draft["survey.id"], interviews)
        draft.add("interviews.link", rule, why)
    return draft


def counts_can_be_shown(draft: Draft) -> bool:
    """Whether anything counted of the respondents can be hidden: of a handful, nothing can."""
    return can_be_counted(draft["provenance"], draft["protection.sizes"]["respondents"])


def _provenance(draft: Draft, raw: RawSurvey) -> None:
    """A real study, unless a column says of every row that it was invented."""
    for name in raw.table:
        cells = set(raw.table[name].unique())
        if (
            _INVENTED.fullmatch(name)
            and len(cells) == 1
            and cells & {"1", "true", "TRUE", "yes", "Yes"}
        ):
            draft.add(
                "provenance",
                "synthetic",
                f"the column {name} says of every row that it was invented",
            )
            draft.add(
                "survey.mark",
                {"column": name, "value": cells.pop()},
                "marks every row of invented data",
            )
            return
    why = "a real study's data: nothing is marked as invented, and protection is on"
    draft.add("provenance", "observed", why)


def _records(draft: Draft, raw: RawSurvey) -> None:
    """Which rows are the survey, and what names a respondent."""
    chosen: dict[str, str] = {}
    for name in ("redcap_event_name", "redcap_repeat_instrument"):
        if name in raw.table and raw.table[name].nunique() > 1:
            rows = raw.table
            for column, value in chosen.items():
                rows = rows[rows[column] == value]
            chosen[name] = str(rows[name].value_counts().idxmax())
    if chosen:
        draft.add(
            "survey.rows",
            chosen,
            "several rows a person: the event with most records. Look whether it is the survey",
        )
    column = respondent_column(raw)
    if raw.kind == "redcap" and not column:  # the first field is the record's, whatever its name
        first = [*list(raw.codebook)[:1], *raw.table.columns[:1]]
        column = next((n for n in first if n in raw.table and (raw.table[n] != "").all()), "")
    why = (
        "filled in every row, and never twice"
        if column
        else "no column names respondents, so the line of the file does"
    )
    draft.add("survey.id", column or "line", why)
    complete = _complete(raw)
    if complete:
        draft.add(
            "survey.complete", complete, "how the survey program says that somebody reached the end"
        )
    marked = [name for name, item in raw.codebook.items() if item.identifier]
    reasons = [n.message.partition(": ")[2] for n in raw.notes if n.rule == "identifier"]
    why = "no column seems to name people"
    if marked:
        why = f"left out of the answers: {'; '.join(sorted(set(reasons))) or 'the codebook marks them'}"
    draft.add("survey.identifiers", marked, why)


def _complete(raw: RawSurvey) -> dict[str, str]:
    """The column, and its value, by which an export says that a record is complete."""
    if raw.kind == "limesurvey" and "submitdate" in raw.table:
        return {"column": "submitdate"}
    if raw.kind == "qualtrics" and "Finished" in raw.table:
        done = next((v for v in ("1", "True", "TRUE") if (raw.table["Finished"] == v).any()), "")
        return {"column": "Finished", "value": done} if done else {}
    forms = [name for name in raw.table if name.endswith("_complete")]
    if raw.kind == "redcap" and len(forms) == 1 and (raw.table[forms[0]] == "2").any():
        return {"column": forms[0], "value": "2"}
    return {}


def _missing(draft: Draft, raw: RawSurvey) -> None:
    asked = [item for item in raw.codebook.values() if item.missing]
    counts = Counter((code, kind) for item in asked for code, kind in item.missing.items())
    common = {
        code: kind
        for (code, kind), count in counts.most_common()
        if count >= max(3, len(asked) / 4)
    }
    if common:
        draft.add(
            "survey.missing_codes",
            common,
            "the codebook gives them to many items, so they hold in all",
        )
    labels = {}
    for item in raw.codebook.values():
        for label in item.options.values():
            if item.type in {"single", "likert"} and _NO_ANSWER.fullmatch(plain(label)):
                labels[label] = missing_kind(label)
    if labels:
        draft.add(
            "survey.missing_labels", labels, "options with these words say why there is no answer"
        )


def _outcome(draft: Draft, raw: RawSurvey) -> None:
    """The first yes/no question, else the upper half of the first scale, else the first option."""
    items = closed_items(raw)
    for item in items:
        yes = [code for code, label in item.options.items() if plain(label).split(",")[0] in _YES]
        if len(item.options) <= 4 and len(yes) == 1:
            why = "the first question that can be answered with yes. Name the study's own outcome"
            draft.add(
                "survey.outcome",
                {"item": item.id, "yes": yes, "words": f"answered “{item.options[yes[0]]}”"},
                why,
            )
            return
    scales = [item for item in items if item.type == "likert"]
    if scales:
        ordered = steps(scales[0])
        upper = ordered[-(len(ordered) // 2) :]
        words = " or ".join(f"“{scales[0].options[code]}”" for code in upper)
        why = "the upper half of the first scale. Name the study's own outcome"
        draft.add(
            "survey.outcome",
            {"item": scales[0].id, "yes": upper, "words": f"answered {words}"},
            why,
        )
    elif items:
        code, label = next(iter(items[0].options.items()))
        why = "the first option of the first closed question. Name the study's own outcome"
        draft.add(
            "survey.outcome",
            {"item": items[0].id, "yes": [code], "words": f"answered “{label}”"},
            why,
        )


def _interviews(draft: Draft, interviews: Interviews) -> None:
    tops = interviews.codes[interviews.codes["parent"].fillna("") == ""]["name"].tolist()
    known = {"level": "Level", "valence": "Valence", "phase": "Phase"}
    dimensions = {key: name for key, name in known.items() if name in tops}
    draft.add(
        "interviews.dimensions",
        dimensions,
        "top-level codes that say something about a passage rather than name a theme",
    )
    draft.add(
        "interviews.quote",
        [],
        "passages that people agreed to have quoted, by id; none is quoted until it stands here",
    )


def _protection(draft: Draft, kept: int, interviews: Interviews | None) -> None:
    """Who is counted, under which name, and what everybody knows anyway."""
    counted = {"populations": ["population", "respondents", "silent"], "minimum": 5}
    draft.add(
        "protection.survey",
        counted | {"harmless": ["asked", "answered", *MISSING_KINDS]},
        "no number of fewer persons is printed, and no complement of fewer; that nobody or "
        "everybody was asked or answered tells nothing of a person",
    )
    sizes = {"respondents": kept}
    if interviews is not None:
        counted = {"populations": ["interviews"], "passages": ["passages"]}
        draft.add(
            "protection.interviews",
            counted,
            "words in place of numbers: so few people are easily recognised",
        )
        sizes["interviews"] = len(interviews.documents)
    draft.add("protection.sizes", sizes, "numbers that a reader knows anyway")
    draft.add(
        "protection.no_persons",
        ["questions", "codes", "log", "notes"],
        "what the chapters count that is no person",
    )
    limits = [[word, low, high] for word, low, high in QUANTITY_WORDS]
    draft.add("words", limits, "the words for shares, with their limits in percent")


def humanised(folder: Path) -> str:
    """A title from a folder's name: "flaky-tests-survey" becomes "Flaky tests survey"."""
    words = re.sub(r"[-_.\s]+", " ", folder.name).strip()
    return words[:1].upper() + words[1:] if words else "Our study"
