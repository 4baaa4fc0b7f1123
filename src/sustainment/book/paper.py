"""The book on one page, made ready for paper, where nothing can be opened.

Tables behind figures stand open. Hints and solutions, which a page keeps folded, move to the end, so
that nobody reads them by accident; each exercise says where they are. What needs a script goes. Names
of places that several chapters share ("the-turn") get the chapter's name, and links find them again.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from bs4 import BeautifulSoup, Tag

TITLE = "Hints and solutions"
WHERE = "Hints and solution are at the end of the book."
NOT_FOR_PAPER = (
    "noscript, script, .widget form, .practice-buttons, a.headerlink, .skip-link, .bd-header-article, "
    ".bd-sidebar-primary, .bd-sidebar-secondary, .prev-next-footer, .bd-header-announcement a, #pst-header, "
    "dialog"
)
OPEN = "article details:not(.fold, .practice details)"
DOCUMENT = "document-"  # Sphinx puts <span id="document-notebooks/a/b"> before each page
REFERENCES = "pages/references"
NAMING = ("aria-labelledby", "aria-describedby", "for", "headers")


def make_paper(page: Path) -> Path:
    """Write `paper.html` beside the book's one page; returns it."""
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    for element in soup.select(NOT_FOR_PAPER):
        if not element.decomposed:
            element.decompose()
    for fold in soup.select(OPEN):
        fold["open"] = ""
    mend_links(soup)
    move_answers(soup)
    target = page.with_name("paper.html")
    target.write_text(str(soup), encoding="utf-8")
    return target


def pages_within(soup: BeautifulSoup) -> dict[str, Tag]:
    """{docname: its part of the one page}, in the order of the book."""
    found = {}
    for mark in soup.select(f"span[id^={DOCUMENT}]"):
        section = mark.find_next_sibling(["section", "div"])  # a page in another language is a div
        if section is not None:
            found[str(mark["id"]).removeprefix(DOCUMENT)] = section
    return found


def mend_links(soup: BeautifulSoup) -> None:
    """One name, one place: ids that several pages use are renamed, and every link leads to its place."""
    home = soup.find("article")
    if home is not None:
        home["id"] = f"{DOCUMENT}index"  # the first page alone has no mark of its own
    times = Counter(str(element["id"]) for element in soup.select("[id]"))
    renamed: dict[str, dict[str, str]] = {}
    for docname, section in pages_within(soup).items():
        new = renamed[docname] = {}
        for element in [section, *section.select("[id]")]:
            old = str(element.get("id", ""))
            if times[old] > 1:
                element["id"] = new[old] = f"{docname.replace('/', '-')}--{old}"
        for attribute in NAMING:
            for element in section.select(f"[{attribute}]"):
                named = element[attribute]
                words = named if isinstance(named, list) else str(named).split()
                element[attribute] = " ".join(new.get(word, word) for word in words)
        for link in section.select("a[href^='#']"):
            place = str(link["href"])[1:]
            link["href"] = "#" + new.get(place, place)
    known = {element["id"] for element in soup.select("[id]")}
    first: dict[str, str] = {}  # a name alone means the first page that has it
    for new in renamed.values():
        first = new | first
    for link in soup.select("a[href]"):
        page, _, place = str(link["href"]).partition("#")
        docname, _, place_there = place.removeprefix(DOCUMENT).partition("#")
        if not page and place.startswith(DOCUMENT) and place_there:
            link["href"] = "#" + renamed.get(docname, {}).get(place_there, place_there)
        elif not page and place not in known:
            link["href"] = "#" + first.get(place, place)
        elif page == "index.html":  # terms, whose names are unique, and entries of the references
            link["href"] = "#" + renamed.get(REFERENCES, {}).get(place, place)


def move_answers(soup: BeautifulSoup) -> int:
    """Put the folds of all exercises behind the last page; returns how many exercises had any."""
    end = soup.new_tag("section", attrs={"id": "hints-and-solutions"})
    end.append(tag(soup, "h2", TITLE))
    titles = {
        id(exercise): heading.get_text(strip=True)
        for section in pages_within(soup).values()
        if (heading := section.find(["h1", "h2"]))
        for exercise in section.select("section.practice")
    }
    chapter, moved = "", 0
    for exercise in soup.select("section.practice"):
        folds = exercise.find_all("details")
        if not folds:
            continue
        if (title := titles.get(id(exercise), "")) != chapter:
            chapter = title
            end.append(tag(soup, "h3", chapter))
        end.append(answers_of(soup, exercise, folds))
        note = tag(soup, "p", "", attrs={"class": "practice-later"})
        note.append(tag(soup, "a", WHERE, attrs={"href": f"#{exercise['id']}-answers"}))
        exercise.append(note)
        moved += 1
    place = soup.select_one("article.bd-article")
    if moved and place is not None:
        place.append(end)
    return moved


def answers_of(soup: BeautifulSoup, exercise: Tag, folds: list[Tag]) -> Tag:
    """What an exercise keeps folded, in the order of its folds, under its question."""
    part = soup.new_tag("div", attrs={"class": "paper-answers", "id": f"{exercise['id']}-answers"})
    ask = exercise.select_one(".practice-ask")
    if ask is not None:
        part.append(tag(soup, "p", ask.get_text(" ", strip=True), attrs={"class": "paper-ask"}))
    for fold in folds:
        summary = fold.find("summary")
        words = tag(soup, "strong", f"{summary.get_text(strip=True)}. " if summary else "")
        if summary is not None:
            summary.decompose()
        body = fold.find("p") or fold
        body.insert(0, words)
        part.append(body.extract())
        fold.decompose()
    return part


def tag(soup: BeautifulSoup, name: str, text: str, attrs: dict[str, str] | None = None) -> Tag:
    made = soup.new_tag(name, attrs=attrs or {})
    made.string = text
    return made
