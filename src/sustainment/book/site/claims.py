"""The directive {claim}: what may be said of a statement of the article, where it is judged.

```{claim} continued``` prints the statement and its outcome in words, each with the mark of its kind,
and leads to the row of the conclusions that holds the rule and what would make it fail. The outcome is
worked out from the values that the pages report, so it changes with them. A claim without its badge in
the chapter that `data/published.yml` names, or with one elsewhere, is a warning.
"""

from __future__ import annotations

from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from sustainment.book.site.kinds import MARKS
from sustainment.errors import UserError
from sustainment.integration.claims import keys_of, load_claims, outcome, row_id
from sustainment.learn.values import page_records, study_root
from sustainment.study import input_paths, load_settings

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

logger = logging.getLogger(__name__)

TABLE = "notebooks/integration/conclusions"  # the page with a row for each claim
# What the badge looks like; the words beside it say the same.
LOOKS = {
    "consistent": "agrees",
    "not consistent": "parts",
    "no longer met": "parts",
    "met by construction": "planted",
    "not asked of the generator": "planted",
    "cannot be judged": "open",
}


class pending_claim(nodes.General, nodes.Element):
    """Stands where a claim's badge will be, until all chapters are read."""


class ClaimDirective(Directive):
    required_arguments = 1
    has_content = False

    def run(self) -> list[nodes.Node]:
        env = self.state.document.settings.env
        env.metadata[env.docname]["shows_values"] = True
        name = self.arguments[0].strip()
        env.metadata[env.docname].setdefault("claims_shown", []).append(name)
        node = pending_claim(claim=name, docname=env.docname)
        node.source, node.line = self.state_machine.get_source_and_line(self.lineno)
        return [node]


@lru_cache(maxsize=1)
def claims_of(root: Path) -> dict[str, dict[str, Any]]:
    """The study's claims by their id; {} where the study declares none."""
    settings = load_settings(root)
    for name, entry in (settings.get("inputs") or {}).items():
        if entry.get("reader") == "claims":
            return {c["id"]: c for c in load_claims(input_paths(root, settings, name)[0])}
    return {}


class ResolveClaims(SphinxPostTransform):
    """Put the badges in their places, once every chapter has been read."""

    default_priority = 5

    def run(self, **options: Any) -> None:
        pending = list(self.document.findall(pending_claim))
        if not pending:
            return
        root = study_root(self.app.srcdir)
        for node in pending:
            try:
                markup = self.badge(root, node["claim"], node["docname"])
            except UserError as error:
                logger.warning("%s", error, location=node)
                markup = ""
            node.replace_self(nodes.raw("", markup, format="html"))

    def badge(self, root: Path, name: str, docname: str) -> str:
        claim = claims_of(root).get(name)
        if claim is None:
            raise UserError(f"There is no claim {name!r} in data/published.yml.")
        values = reported(self.env, keys_of(claim["rule"]))
        said = outcome(claim, values, self.config.sustainment_provenance)
        return badge_html(claim, said.badge, self.config.sustainment_provenance, self.row(name))

    def row(self, name: str) -> str:
        if TABLE not in self.env.found_docs:
            return ""
        address = self.app.builder.get_relative_uri(self.env.docname, TABLE)
        return f"{address.partition('#')[0]}#{row_id(name)}"


def reported(env: BuildEnvironment, keys: list[str]) -> dict[str, Any]:
    """The values of these keys, from the chapters that computed them."""
    values = {}
    for docname, data in sorted(getattr(env, "nb_metadata", {}).items()):
        if set(keys) & set(data.get("glue", ())):
            for key, record in page_records(env, docname).items():
                if key in keys and not record.get("cited_from"):
                    values[key] = record["value"]
    return values


def badge_html(claim: dict[str, Any], words: str, provenance: str, address: str) -> str:
    """One claim as a line: the statement, and what these data may say to it."""
    kind = "observed" if provenance == "observed" else "invented"
    if "cannot" in claim["rule"]:
        kind = "derived"  # no data were asked
    verdict = f'<strong class="claim-words">{_mark(kind, words)}</strong>'
    if address:
        label = "its rule, and what would make it fail"
        verdict += f' <a class="claim-row" href="{escape(address)}">{label}</a>'
    return (
        f'<p class="claim claim-{LOOKS[words]}" data-claim="{escape(claim["id"])}">'
        f'<span class="claim-statement">The article states: {_mark("published", claim["paraphrase"])}.'
        f"</span> {verdict}</p>"
    )


def _mark(kind: str, words: str) -> str:
    assert kind in MARKS
    spoken = f'<span class="visually-hidden">[{kind}] </span>'
    return f'<span class="kind kind-{kind}">{spoken}{escape(words)}</span>'


def check_places(app: Sphinx, env: BuildEnvironment) -> None:
    """Each claim's badge stands in the chapter that it names, and in no other."""
    try:
        claims = claims_of(study_root(app.srcdir))
    except UserError as error:
        logger.warning("%s", error)
        return
    shown = {d: set(env.metadata[d].get("claims_shown", ())) for d in env.found_docs}
    for name, claim in claims.items():
        chapter = f"notebooks/{claim['chapter']}"
        if chapter in shown and name not in shown[chapter]:
            logger.warning(
                "The claim %r is judged here, says data/published.yml, and its badge is missing. Add "
                "the directive {claim} %s.", name, name, location=chapter,
            )  # fmt: skip
        for docname, names in sorted(shown.items()):
            if name in names and docname != chapter:
                logger.warning(
                    "The claim %r is judged in %s, says data/published.yml. Take its badge out here, "
                    "or correct `chapter:` there.", name, claim["chapter"], location=docname,
                )  # fmt: skip


def setup(app: Sphinx) -> None:
    claims_of.cache_clear()  # another build in the same process may find other files
    app.add_node(pending_claim)
    app.add_directive("claim", ClaimDirective)
    app.add_post_transform(ResolveClaims)
    app.connect("env-check-consistency", check_places)
