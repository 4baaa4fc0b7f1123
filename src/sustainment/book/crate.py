"""The book described for machines: RO-Crate 1.2 (`ro-crate-metadata.json`).

Says what the archive holds, file by file with checksums, under which licences, which article the book
is about, how it is rebuilt, and whether the data are invented.
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sustainment.book.chapters import Book
from sustainment.errors import UserError
from sustainment.study import load_yaml

FILE = "ro-crate-metadata.json"
CONTEXT = "https://w3id.org/ro/crate/1.2/context"
PROFILE = "https://w3id.org/ro/crate/1.2"
# What the standard library does not know, or calls differently from one system to the next.
TYPES = {
    ".md": "text/markdown",
    ".yml": "application/yaml",
    ".csv": "text/csv",
    ".toml": "application/toml",
    ".bib": "application/x-bibtex",
    ".cff": "application/yaml",
    ".qde": "application/xml",
    ".py": "text/x-python",
    ".js": "text/javascript",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
}

# What a file is, by where it lies; the first that fits.
PURPOSES = (
    ("data/raw/", "Raw material of the study folder"),
    ("data/", "Facts, settings and material that the chapters read"),
    ("results/", "Reviewed values of the default edition"),
    ("src/", "Source of the package behind the book"),
    ("tests/", "Test"),
    ("pages/", "Page of prose"),
    ("notebooks/", "Part of a chapter"),
    ("", "Part of the book's sources"),
)

Entity = dict[str, Any]


def ref(identifier: str) -> Entity:
    return {"@id": identifier}


def describe(book: Book, files: Mapping[str, Path], with_pages: bool) -> Entity:
    """The whole metadata document for an archive.

    files: name in the archive: path. with_pages: whether it also holds the pages, in html/.
    """
    citation = read_citation(book)
    licences = licence_entities(citation)
    people = people_entities(citation.get("authors") or [])
    article = article_entity(citation)
    invented = book.settings["provenance"] == "synthetic"
    root: Entity = {
        "@id": "./",
        "@type": "Dataset",
        "name": citation["title"],
        "description": citation["abstract"],
        "datePublished": str(citation["date-released"]),
        "version": str(citation["version"]),
        "license": one_or_all(
            [ref(licence["@id"]) for licence in licences] + other_licences(files)
        ),
        "keywords": ", ".join(citation.get("keywords") or []),
        "creator": one_or_all([ref(person["@id"]) for person in people]),
        "publisher": ref(people[0]["@id"]) if people else None,
        "isBasedOn": ref(article["@id"]),
        "mainEntity": ref("_toc.yml"),
        "hasPart": [ref(name) for name in files] + [ref("html/")] * with_pages,
        "disambiguatingDescription": (
            "All data are invented: no answer and no interview comes from the article's study."
            if invented
            else "The raw data of the study are not part of this archive."
        ),
    }
    root = {key: value for key, value in root.items() if value}
    descriptor = {
        "@id": FILE,
        "@type": "CreativeWork",
        "conformsTo": ref(PROFILE),
        "about": ref("./"),
    }
    parts = [file_entity(name, path, invented) for name, path in files.items()]
    tool = {
        "@id": "#python",
        "@type": "ComputerLanguage",
        "name": "Python",
        "version": "3.11 to 3.13",
        "url": "https://www.python.org/",
    }
    if with_pages:
        parts.append(
            {
                "@id": "html/",
                "@type": "Dataset",
                "name": "Pages",
                "description": "The book as pages, built from the sources beside them; open index.html.",
            }
        )
    graph = [descriptor, root, *licences, *people, article, tool, *parts]
    return {"@context": CONTEXT, "@graph": graph}


def other_licences(files: Mapping[str, Path]) -> list[Entity]:
    """Text and data have licences of their own, in files such as LICENSE-TEXT."""
    return [ref(name) for name in files if name.startswith("LICENSE-")]


def one_or_all(references: list[Entity]) -> Entity | list[Entity]:
    """A list of one is written as the one."""
    return references[0] if len(references) == 1 else references


def read_citation(book: Book) -> Entity:
    """CITATION.cff, with what an archive must know of itself."""
    path = book.folder / "CITATION.cff"
    if not path.exists():
        raise UserError(
            "CITATION.cff is missing: the archive takes title, date and authors from it."
        )
    citation = load_yaml(path)
    for key in ("title", "abstract", "version", "date-released", "license"):
        if not citation.get(key):
            raise UserError(f"CITATION.cff: `{key}` is missing; the archive needs it.")
    return citation


def licence_entities(citation: Entity) -> list[Entity]:
    names = citation["license"]
    names = [names] if isinstance(names, str) else names
    return [
        {
            "@id": f"https://spdx.org/licenses/{name}",
            "@type": "CreativeWork",
            "name": name,
            "description": f"The licence {name}; see the LICENSE files for what it covers.",
        }
        for name in names
    ]


def people_entities(authors: list[Entity]) -> list[Entity]:
    entities = []
    for number, author in enumerate(authors, start=1):
        names = [author.get("given-names"), author.get("family-names"), author.get("name")]
        name = " ".join(part for part in names if part)
        kind = "Person" if author.get("family-names") else "Organization"
        identifier = author.get("orcid") or author.get("website") or f"#contributor-{number}"
        entities.append({"@id": identifier, "@type": kind, "name": name})
    return entities


def article_entity(citation: Entity) -> Entity:
    """The article that the book is about; its authors are named, and are not the book's."""
    for reference in citation.get("references") or []:
        if reference.get("doi"):
            return {
                "@id": f"https://doi.org/{reference['doi']}",
                "@type": "ScholarlyArticle",
                "name": reference["title"],
                "datePublished": str(reference.get("year", "")),
                "author": ", ".join(
                    " ".join(filter(None, (a.get("given-names"), a.get("family-names"))))
                    for a in reference.get("authors") or []
                ),
            }
    raise UserError("CITATION.cff names no article with a DOI under `references:`.")


def file_entity(name: str, path: Path, invented: bool) -> Entity:
    content = path.read_bytes()
    entity: Entity = {
        "@id": name,
        "@type": "File",
        "name": name.rsplit("/", 1)[-1],
        "encodingFormat": media_type(path),
        "description": next(text for start, text in PURPOSES if name.startswith(start)),
        "contentSize": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    if name.startswith("data/raw/") and invented:
        entity["description"] = "Invented data, not from the study"
    if name.startswith("LICENSE"):
        entity["@type"] = ["File", "CreativeWork"]
        first = path.read_text(encoding="utf-8").strip().split("\n\n")[0]
        entity["description"] = " ".join(first.split())
    if name.startswith("notebooks/") and path.suffix == ".md":
        entity["@type"] = ["File", "SoftwareSourceCode"]
        entity["description"] = f"Chapter: {chapter_title(path)}"
        entity["programmingLanguage"] = ref("#python")
    return entity


def chapter_title(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((line[2:].strip() for line in lines if line.startswith("# ")), path.stem)


def media_type(path: Path) -> str:
    known = TYPES.get(path.suffix.lower()) or mimetypes.guess_type(path.name)[0]
    return known or ("text/plain" if is_text(path) else "application/octet-stream")


def is_text(path: Path) -> bool:
    return b"\0" not in path.read_bytes()[:1000]
