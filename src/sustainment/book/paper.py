"""The book on one page, made ready for paper, where nothing can be opened.

Tables behind figures stand open. Hints and solutions, which a page keeps folded, move to the end, so
that nobody reads them by accident; each exercise says where they are. What needs a script goes.
"""

from __future__ import annotations

from pathlib import Path

from bs4 import BeautifulSoup, Tag

TITLE = "Hints and solutions"
WHERE = "Hints and solution are at the end of the book."


def make_paper(page: Path) -> Path:
    """Write `paper.html` beside the book's one page; returns it."""
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    for element in soup.select("noscript, script, .widget form, .practice-buttons"):
        element.decompose()
    for fold in soup.select("details.figure-twin, details.sd-dropdown, details.teaching-fold"):
        fold["open"] = ""
    move_answers(soup)
    target = page.with_name("paper.html")
    target.write_text(str(soup), encoding="utf-8")
    return target


def move_answers(soup: BeautifulSoup) -> int:
    """Put the folds of all exercises behind the last page; returns how many exercises had any."""
    end = soup.new_tag("section", attrs={"id": "hints-and-solutions"})
    end.append(tag(soup, "h1", TITLE))
    chapter, moved = "", 0
    for exercise in soup.select("section.practice"):
        folds = exercise.find_all("details")
        if not folds:
            continue
        if (title := title_above(exercise)) != chapter:
            chapter = title
            end.append(tag(soup, "h2", chapter))
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


def title_above(element: Tag) -> str:
    """The title of the chapter that an element stands in."""
    heading = element.find_previous("h1")
    if heading is None:
        return ""
    return "".join(t for t in heading.find_all(string=True) if t.parent.name != "a").strip()


def tag(soup: BeautifulSoup, name: str, text: str, attrs: dict[str, str] | None = None) -> Tag:
    made = soup.new_tag(name, attrs=attrs or {})
    made.string = text
    return made
