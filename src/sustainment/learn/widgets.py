"""The directives {interval-widget} and {worlds-map}: two places where a reader sets the numbers.

Each stands in the page with its default answer, worked out here from the values that the page reports;
without a script, and in print, that is what there is to read. The scripts assets/intervals.js and
assets/worlds.js fill the same sentences in the browser; a test compares the two word for word.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive, directives
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from sustainment.learn.values import page_records
from sustainment.report import format_value

if TYPE_CHECKING:
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)

NO_START = "Nobody answered, so there are no numbers to start from."

LARGEST_GROUP = 500  # beyond it the exact interval makes a slow phone stutter

# Every sentence that the scripts can say, once; the page hands them over as data.
INTERVAL_WORDS = {
    "start": "{source}, {yes} of the {answered} who answered said yes; {group} were asked.",
    "own": "With your numbers, {yes} of the {answered} who answered said yes; {group} were asked.",
    "bounds": "Without assumption: between {low} and {high} of the {group}, which is {low_share} to {high_share}.",
    "known": "Without assumption: {low} of the {group} exactly, because nobody was silent.",
    "chance": "If silence is chance: between {low} and {high} of the {group}, at {confidence}.",
    "people": "For people like these, if those who answered are a random draw of them: {low} to {high}, at {confidence}.",
    "nobody": "For people like these: nobody answered, so there is nothing to go by.",
    "unread": "Write three whole numbers of persons.",
    "empty": "Somebody must have been asked: the group needs at least one person.",
    "large": "This page counts groups of up to {largest} persons. In Python there is no such limit.",
    "more_answers": "{answered} answers from {group} persons do not fit. Each person answers once.",
    "more_yes": "{yes} cannot have said yes when {answered} answered.",
}
STRIPS = {
    "bounds": "no assumption",
    "chance": "silence is chance",
    "people": "people like these",
}
WORLD_WORDS = {
    "world": "Suppose {answered} of the {group} answered, and {yes} of them said yes.",
    "bounds": "Then at least {yes} and at most {most} of the {group} {did}.",
    "fits": "{yes} of {answered} is {share}: it fits “{phrase}”.",
    "fits_not": "{yes} of {answered} is {share}: it does not fit “{phrase}”.",
    "majority": "More than half of the {group} for certain.",
    "minority": "Half of the {group} or fewer for certain.",
    "open": "Whether it was more than half of the {group} cannot be told.",
}


def interval_lines(yes: int, answered: int, group: int, confidence: float, lead: str) -> list[str]:
    """The sentences under the form; one that says what is wrong when the numbers do not fit.

    lead: the first sentence, a text of INTERVAL_WORDS. Sources: manski1990nonparametric,
    wright1991exact, wilson1927probable.
    """
    # Imported where used, here and below: a page without a widget need not wait for scipy.
    from sustainment.inference.counts import hypergeometric_interval, manski_bounds, wilson

    given = {"yes": yes, "answered": answered, "group": group, "largest": LARGEST_GROUP}
    wrong = misfit(yes, answered, group)
    if wrong:
        return [INTERVAL_WORDS[wrong].format(**given)]
    level = format_value(confidence, ".0%")
    bounds = manski_bounds(yes, answered, group)
    chance = hypergeometric_interval(yes, answered, group, confidence)
    lines = [lead.format(**given)]
    lines.append(
        INTERVAL_WORDS["known" if answered == group else "bounds"].format(
            low=bounds.low,
            high=bounds.high,
            group=group,
            low_share=format_value(bounds.low / group, ".0%"),
            high_share=format_value(bounds.high / group, ".0%"),
        )
    )
    lines.append(
        INTERVAL_WORDS["chance"].format(
            low=chance.low, high=chance.high, group=group, confidence=level
        )
    )
    if answered == 0:
        return [*lines, INTERVAL_WORDS["nobody"]]
    people = wilson(yes, answered, confidence)
    low, high = format_value(people.low, ".0%"), format_value(people.high, ".0%")
    words = INTERVAL_WORDS["people"]
    return [*lines, words.format(low=low, high=high, group=group, confidence=level)]


def misfit(yes: int, answered: int, group: int) -> str:
    """Why three numbers cannot be one survey (a key of INTERVAL_WORDS); "" when they can."""
    if min(yes, answered, group) < 0:
        return "unread"
    if group < 1:
        return "empty"
    if group > LARGEST_GROUP:
        return "large"
    if answered > group:
        return "more_answers"
    return "more_yes" if yes > answered else ""


def world_lines(answered: int, yes: int, world: Mapping[str, Any]) -> list[str]:
    """What one world says: bounds, whether it fits the published words, and what is certain.

    world: group, about_low and about_high (shares), phrase, did.
    """
    group, share = world["group"], yes / answered
    most = yes + group - answered
    words = {
        **world,
        "answered": answered,
        "yes": yes,
        "most": most,
        "share": format_value(share, ".0%"),
    }
    fits = "fits" if world["about_low"] <= share <= world["about_high"] else "fits_not"
    sure = "majority" if 2 * yes > group else "minority" if 2 * most <= group else "open"
    return [WORLD_WORDS[name].format(**words) for name in ("world", "bounds", fits, sure)]


NO_START = (
    "Here stands a form for numbers of your own. It would start from numbers of this study that are "
    "withheld to protect persons, so it is left out."
)


class pending_widget(nodes.General, nodes.Element):
    """Stands where a widget will be printed, until the page's values are known."""


class WidgetDirective(Directive):
    """Each option names a value that the page reports; `words` are texts taken as they stand."""

    widget: ClassVar[str]
    script: ClassVar[str]
    words: ClassVar[tuple[str, ...]] = ()

    def run(self) -> list[nodes.Node]:
        env = self.state.document.settings.env
        env.metadata[env.docname]["shows_values"] = True
        env.metadata[env.docname].setdefault("widget_scripts", []).append(self.script)
        missing = [o for o in self.option_spec or () if o not in self.options]
        if missing:
            raise self.error(f"{{{self.name}}} lacks the option {missing[0]!r}.")
        texts = {o: self.options[o] for o in self.words}
        keys = {o: key for o, key in self.options.items() if o not in self.words}
        node = pending_widget(widget=self.widget, keys=keys, texts=texts, docname=env.docname)
        node.source, node.line = self.state_machine.get_source_and_line(self.lineno)
        return [node]


class IntervalWidget(WidgetDirective):
    """```{interval-widget}``` with :yes:, :answered:, :group: and :confidence:, keys of values."""

    option_spec: ClassVar = dict.fromkeys(
        ("yes", "answered", "group", "confidence"), directives.unchanged_required
    )
    widget, script = "intervals", "intervals.js"


class WorldsMap(WidgetDirective):
    """```{worlds-map}``` with keys of the example world and of the range of the published phrase."""

    words = ("phrase", "did")
    option_spec: ClassVar = dict.fromkeys(
        ("answered", "yes", "group", "about_low", "about_high", *words),
        directives.unchanged_required,
    )
    widget, script = "worlds", "worlds.js"


class ResolveWidgets(SphinxPostTransform):
    """Put the widgets in their places, with the values that the page reports."""

    default_priority = 5

    def run(self, **options: Any) -> None:
        for node in list(self.document.findall(pending_widget)):
            records = page_records(self.env, node["docname"])
            lacking = sorted(set(node["keys"].values()) - set(records))
            for key in lacking:
                logger.warning("This page does not report the value %r.", key, location=node)
            if lacking:
                node.replace_self(nodes.paragraph("", ""))
                continue
            values = {name: records[key]["value"] for name, key in node["keys"].items()}
            if not values.get("answered") or None in values.values():
                node.replace_self(nodes.paragraph("", "", nodes.Text(NO_START)))
                continue
            kind = records[node["keys"]["yes"]]["kind"]
            if any(isinstance(value, str) for value in values.values()):
                node.replace_self(nodes.paragraph("", NO_START))
                continue
            make = {"intervals": interval_html, "worlds": worlds_html}[node["widget"]]
            node.replace_self(nodes.raw("", make(values, node["texts"], kind), format="html"))


def interval_html(values: Mapping[str, Any], _: Mapping[str, str], kind: str) -> str:
    """Form, default sentences and strips; `kind` says where the numbers at the start come from."""
    from scipy.stats import norm

    from sustainment.inference.checks import tail

    yes, answered, group = (int(values[name]) for name in ("yes", "answered", "group"))
    confidence = float(values["confidence"])
    source = "In the rehearsal" if kind == "invented" else "In this survey"
    start = INTERVAL_WORDS["start"].replace("{source}", source)
    lines = interval_lines(yes, answered, group, confidence, start)
    data = {
        "confidence": format_value(confidence, ".0%"),
        "tail": tail(confidence),
        "z": float(norm.isf(tail(confidence))),
        "largest": LARGEST_GROUP,
        "start": {"yes": yes, "answered": answered, "group": group},
        "words": INTERVAL_WORDS | {"start": start},
    }
    fields = _number("intervals", "answered", "Respondents: how many answered", answered, group)
    fields += _number("intervals", "yes", "Continued: how many said yes", yes, group)
    fields += _number("intervals", "group", "Target: how many were asked", group, LARGEST_GROUP)
    strips = "".join(
        f'<span class="widget-key">{words}</span>'
        f'<span class="widget-strip" data-strip="{name}"><span></span></span>'
        for name, words in STRIPS.items()
    )
    return _frame(
        "intervals",
        "Your own numbers",
        f'starting from {escape(kind)} ones; the rest is <span class="kind kind-derived">derived</span> arithmetic',
        f'<form class="widget-form" id="intervals-form"><div class="widget-fields">{fields}</div>'
        f'<p class="practice-buttons"><button type="reset">Back to the start</button></p></form>'
        + _output("intervals", "answered yes group", lines)
        + f'<span class="widget-strips" aria-hidden="true" hidden>{strips}</span>',
        data,
    )


def worlds_html(values: Mapping[str, Any], texts: Mapping[str, str], kind: str) -> str:
    """The map as a drawing, two sliders, the sentences and the bar of one world."""
    answered, yes, group = (int(values[name]) for name in ("answered", "yes", "group"))
    world = {**texts, "group": group}
    world |= {end: float(values[end]) for end in ("about_low", "about_high")}
    lines = world_lines(answered, yes, world)
    data = {"world": world, "start": {"answered": answered, "yes": yes}, "words": WORLD_WORDS}
    fields = _slider("worlds", "answered", "How many answered", answered, 1, group)
    fields += _slider("worlds", "yes", "How many of them said yes", yes, 0, answered)
    shares = (yes, group - answered, answered - yes)
    bar = "".join(
        f'<span class="widget-{name}" style="flex-grow: {share}"></span>'
        for name, share in zip(("yes", "silent", "no"), shares, strict=True)
    )
    return _frame(
        "worlds",
        "Walk over the map",
        f'every world here is <span class="kind kind-{kind}">{kind}</span> from the published words',
        _map(world, answered, yes)
        + f'<form class="widget-form" id="worlds-form"><div class="widget-fields">{fields}</div>'
        f'<p class="practice-buttons"><button type="reset">Back to the start</button></p></form>'
        + _output("worlds", "answered yes", lines)
        + f'<span class="widget-bar" aria-hidden="true">{bar}</span>'
        f'<span class="widget-key" aria-hidden="true">said yes · did not answer · said no</span>',
        data,
    )


def _map(world: Mapping[str, Any], answered: int, yes: int) -> str:
    """The worlds that fit as two paths of squares, a line at half of the group, and the marker."""
    group = world["group"]
    squares = {"open": "", "majority": ""}
    for n in range(1, group + 1):
        for x in range(n + 1):
            if world["about_low"] <= x / n <= world["about_high"]:
                squares["majority" if 2 * x > group else "open"] += f"M{n} {group - x}h0"
    half = group - group / 2
    return (
        f'<svg class="widget-map" viewBox="-1 -1 {group + 2} {group + 2}" aria-hidden="true">'
        f'<path class="open" d="{squares["open"]}"/><path class="majority" d="{squares["majority"]}"/>'
        f'<path class="half" d="M0 {half:g}H{group}"/><path class="axes" d="M0 0V{group}H{group}"/>'
        f'<circle cx="{answered}" cy="{group - yes}" r="1.8"/></svg>'
        f'<span class="widget-key" aria-hidden="true">to the right: more answered · up: more said yes · '
        f"dashed: half of all</span>"
    )


def _frame(name: str, title: str, note: str, body: str, data: Mapping[str, Any]) -> str:
    text = json.dumps(data, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c")
    return (
        f'<section class="widget" id="{name}" aria-labelledby="{name}-title">'
        f'<p class="practice-title" id="{name}-title"><strong>{title}</strong>: {note}.</p>{body}'
        f"<noscript><p>Setting numbers needs JavaScript; what stands here reads without it.</p></noscript>"
        f'<script type="application/json">{text}</script></section>'
    )


def _number(widget: str, name: str, label: str, value: int, most: int) -> str:
    return (
        f'<p><label for="{widget}-{name}">{label}</label> '
        f'<input id="{widget}-{name}" name="{name}" type="number" inputmode="numeric" min="0" max="{most}" '
        f'step="1" value="{value}" autocomplete="off"></p>'
    )


def _slider(widget: str, name: str, label: str, value: int, least: int, most: int) -> str:
    return (
        f'<p><label for="{widget}-{name}">{label}</label> '
        f'<input id="{widget}-{name}" name="{name}" type="range" min="{least}" max="{most}" step="1" '
        f'value="{value}" autocomplete="off"></p>'
    )


def _output(widget: str, fields: str, lines: list[str]) -> str:
    ids = " ".join(f"{widget}-{field}" for field in fields.split())
    said = " ".join(f"<span>{escape(line)}</span>" for line in lines)
    return f'<output class="widget-reply" role="status" for="{ids}">{said}</output>'


def add_scripts(app: Sphinx, pagename: str, *_: Any) -> None:
    """Each script goes only to the pages that show its widget."""
    for script in dict.fromkeys(app.env.metadata.get(pagename, {}).get("widget_scripts", ())):
        app.add_js_file(script, loading_method="defer")


def setup(app: Sphinx) -> None:
    app.add_node(pending_widget)
    app.add_directive("interval-widget", IntervalWidget)
    app.add_directive("worlds-map", WorldsMap)
    app.add_post_transform(ResolveWidgets)
    app.connect("html-page-context", add_scripts)
