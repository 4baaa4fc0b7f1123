"""Exercises, the interval widget and the map in a real browser: they say what Python says."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest

from sustainment.learn.exercises import Exercise, load_exercises
from sustainment.learn.reading import WORDS, show_number
from sustainment.learn.replies import MESSAGES, is_off, reply, targets
from sustainment.learn.session import other_editions
from sustainment.learn.widgets import INTERVAL_WORDS, interval_lines, world_lines

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
EXERCISES = [e for e in load_exercises(ROOT).values() if e.parts]
CHAPTERS = sorted({e.chapter for e in EXERCISES})
INTERVALS = "notebooks/survey/still-using.html"
WORLDS = "notebooks/start/two-of-three.html"
TYPED = ["33 of 66", "50 %", "0,5", "about 40", "twelve", "-3", "nobody", "", "many", "1 2 3", "1e400", "12 – 13", "<b>"]  # fmt: skip


def interval_cases() -> list[list[int]]:
    """[yes, answered, group]: edges, ties, and more than two hundred surveys of many sizes."""
    draw = random.Random(66)
    cases = [[0, 0, 66], [66, 66, 66], [0, 66, 66], [1, 8, 16], [2, 2, 16], [1, 1, 40], [0, 1, 1]]
    for group in (20, 66):
        for answered in (1, group // 3, group // 2, group - 1, group):
            cases += [[yes, answered, group] for yes in range(0, answered + 1, 2)]
    for _ in range(100):
        group = draw.randint(1, 500)
        answered = draw.randint(0, group)
        cases.append([draw.randint(0, answered), answered, group])
    return cases


def page_of(visit, site, name: str, **how):
    if not (site / name.partition("#")[0]).exists():
        pytest.fail(f"The site lacks {name}.")
    return visit(name, **how).page


def values_on(site, chapter: str) -> dict:
    """The default edition's reviewed values, which the built pages show."""
    path = ROOT / "results" / f"{chapter}.json"
    return {k: v["value"] for k, v in json.loads(path.read_text())["values"].items()}


def answers_to_try(exercise: Exercise, values: dict) -> list[dict[str, str]]:
    """What to type: the right answer, each named mistake, near, swapped, and odd texts."""
    if exercise.type == "choice":
        return [{"choice": o["id"]} for o in exercise.options] + [
            {"choice": "z"},
            {"choice": ""},
            {},
        ]
    if exercise.type == "guess":
        return [{"value": text} for text in TYPED if text not in ("", "many", "<b>")]
    right = targets(exercise, exercise.answer, values)
    tried = [right, {p: n + 1 for p, n in right.items()}, {p: n + 400 for p, n in right.items()}]
    tried += [{**right, **targets(exercise, m.when, values)} for m in exercise.mistakes]
    if "high" in right:
        tried.append({"low": right["high"], "high": right["low"]})
    typed = [{p: show_number(n) for p, n in numbers.items()} for numbers in tried]
    return typed + [dict.fromkeys(exercise.parts, text) for text in TYPED]


def page_data(page) -> dict[str, dict]:
    """{id of the form's section: what its script compares with}."""
    return page.eval_on_selector_all(
        ".practice:has(script)",
        "all => Object.fromEntries(all.map(e => [e.id, JSON.parse(e.querySelector('script').textContent)]))",
    )


def test_the_interval_widget_says_what_python_says(visit, site):
    page = page_of(visit, site, INTERVALS)
    cases = interval_cases()
    assert len(cases) >= 200
    shown = page.evaluate(
        """cases => cases.map(([yes, answered, group]) => {
            const form = document.querySelector('#intervals form');
            Object.entries({yes, answered, group}).forEach(([n, v]) => { form.elements[n].value = v; });
            form.dispatchEvent(new Event('input'));
            return [...document.querySelectorAll('#intervals output span')].map(s => s.textContent);
        })""",
        cases,
    )
    start = values_on(site, "survey/still-using")
    at_start = [start["use.yes"], start["use.answered"], start["use.population"]]
    for case, said in zip(cases, shown, strict=True):
        if case != at_start:
            assert said == interval_lines(*case, start["use.confidence"], INTERVAL_WORDS["own"])


@pytest.mark.parametrize(
    ("share", "digits", "text"),
    [(0.0625, 1, "6.3 %"), (0.5, 0, "50 %"), (0.005, 0, "1 %"), (1e-17, 1, "0.0 %"), (-1e-17, 1, "0.0 %"),
     (0.9995, 1, "100.0 %"), (1 / 3, 1, "33.3 %"), (1.25e-2, 1, "1.3 %")],
)  # fmt: skip
def test_a_percentage_is_rounded_half_up_as_in_python(visit, site, share, digits, text):
    from sustainment.report import format_value

    page = page_of(visit, site, INTERVALS)
    assert page.evaluate("([s, d]) => bookIntervals.percent(s, d)", [share, digits]) == text
    assert format_value(share, f".{digits}%") == text


def test_the_interval_widget_stands_in_the_page_and_goes_back_to_it(visit, site):
    bare = page_of(visit, site, INTERVALS, script=False).locator("#intervals output").inner_text()
    page = page_of(visit, site, INTERVALS)
    assert page.locator("#intervals output").inner_text().split() == bare.split()
    for label, text in [("answered", "70"), ("yes", "x"), ("group", "")]:
        box = page.locator(f"#intervals-{label}")
        assert box.bounding_box()["height"] >= 44
        box.press_sequentially(text) if text == "x" else box.fill(text)
    assert page.locator("#intervals output").inner_text() == INTERVAL_WORDS["unread"]
    page.get_by_label("Continued: how many").fill("3")
    page.get_by_label("Target: how many").fill("66")
    assert "70 answers from 66 persons" in page.locator("#intervals output").inner_text()
    page.locator("#intervals").get_by_role("button", name="Back").click()
    page.wait_for_function("document.querySelectorAll('#intervals output span').length > 1")
    assert page.locator("#intervals output").inner_text().split() == bare.split()


def test_the_map_says_what_python_says(visit, site):
    page = page_of(visit, site, WORLDS)
    world = page.evaluate("JSON.parse(document.querySelector('#worlds script').textContent).world")
    cases = [[n, x] for n in range(1, 67, 5) for x in range(0, n + 1, 2)] + [[66, 33], [66, 34]]
    shown = page.evaluate(
        """cases => cases.map(([answered, yes]) => {
            const form = document.querySelector('#worlds form');
            form.elements.answered.value = answered;
            form.elements.yes.max = answered;
            form.elements.yes.value = yes;
            form.dispatchEvent(new Event('input'));
            return [...document.querySelectorAll('#worlds output span')].map(s => s.textContent);
        })""",
        cases,
    )
    for (answered, yes), said in zip(cases, shown, strict=True):
        assert said == world_lines(answered, yes, world)


def test_the_map_answers_to_arrow_keys_and_to_touch(visit, site):
    page = page_of(visit, site, WORLDS)
    before = page.locator("#worlds output").inner_text()
    page.get_by_label("How many answered").press("ArrowRight")
    moved = page.locator("#worlds output").inner_text()
    assert moved != before
    box = page.locator(".widget-map").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.5)
    assert page.locator("#worlds output").inner_text() not in (before, moved)
    page.locator("#worlds").get_by_role("button", name="Back").click()
    page.wait_for_function(
        "text => document.querySelector('#worlds output').innerText === text", arg=before
    )


def test_the_map_never_has_more_yes_than_answers(visit, site):
    page = page_of(visit, site, WORLDS)
    page.get_by_label("How many answered").fill("5")
    assert int(page.get_by_label("How many of them said yes").input_value()) <= 5
    assert "5 of the 66 answered, and 5 of them" in page.locator("#worlds output").inner_text()


@pytest.mark.parametrize(
    ("script", "sign"),
    [("intervals.js", 'id="intervals"'), ("worlds.js", 'id="worlds"'), ("practice.js", "practice-form")],
)  # fmt: skip
def test_a_script_is_loaded_only_where_it_is_used(site, script, sign):
    for path in site.rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        assert (f"_static/{script}" in html) == (sign in html), path.name


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_replies_on_the_page_are_python_s_word_for_word(visit, site, chapter):
    page = page_of(visit, site, f"notebooks/{chapter}.html")
    values, data = values_on(site, chapter), page_data(page)
    for exercise in (e for e in EXERCISES if e.chapter == chapter):
        here = data[exercise.id.replace(".", "-")]
        default = {k: values[k] for k in exercise.value_keys() if k in values}
        elsewhere = other_editions(ROOT, exercise, default)
        for given in answers_to_try(exercise, values):
            said = page.evaluate(
                "([data, given]) => bookPractice.reply(data, given)", [here, given]
            )
            expected = reply(exercise, given, values, elsewhere).message
            if exercise.type == "guess":
                assert said.startswith("You guessed") or expected == said == MESSAGES["unread"]
            else:
                assert said == expected, f"{exercise.id} {given}"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_form_accepts_right_and_answers_each_named_mistake_with_its_hint(visit, site, chapter):
    page = page_of(visit, site, f"notebooks/{chapter}.html")
    values = values_on(site, chapter)
    for exercise in (e for e in EXERCISES if e.chapter == chapter and e.type != "guess"):
        form = page.locator(f"#{exercise.id.replace('.', '-')} form")
        if exercise.type == "choice":
            answer, wrong = dict(exercise.answer), [dict(m.when) for m in exercise.mistakes]
        else:
            answer = targets(exercise, exercise.answer, values)
            wrong = [
                {**answer, **targets(exercise, m.when, values)}
                for m in exercise.mistakes
                if not is_off(exercise, m, values)
            ]
        assert send(form, exercise, answer).startswith(MESSAGES["right"])
        hints = [m.hint for m in exercise.mistakes]
        for numbers in wrong:
            said = send(form, exercise, numbers)
            expected = reply(exercise, numbers, values, {}).status
            assert (
                expected != "mistake" or any(said.endswith(h) for h in hints) or "edition" in said
            )


def send(form, exercise: Exercise, given: dict) -> str:
    """Fill in a form, press its button, read the reply."""
    if exercise.type == "choice":
        form.locator(f"input[value='{given['choice']}']").check()
    else:
        for part, number in given.items():
            form.locator(f"input[name='{part}']").fill(show_number(number))
    form.get_by_role("button", name="Check").click()
    return form.locator("output").inner_text()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_no_answer_is_seen_before_the_solution_is_opened(visit, site, chapter):
    page = page_of(visit, site, f"notebooks/{chapter}.html")
    values = values_on(site, chapter)
    for exercise in (e for e in EXERCISES if e.chapter == chapter and e.type in ("number", "pair")):
        section = page.locator(f"#{exercise.id.replace('.', '-')}")
        folds = section.locator("details").all()
        for fold in folds[: len(exercise.hints)]:
            fold.locator("summary").click()  # hints may be read: they do not tell either
        asked = re.findall(r"[\w.]+", exercise.ask.lower())
        seen = re.findall(r"[\w.]+", section.inner_text().lower().replace("\xa0", " "))
        seen = [word for word in seen if word not in asked + ["1", "2", "3", "4"]]
        answer = targets(exercise, exercise.answer, values)
        secret = {show_number(n) for n in answer.values()}
        secret |= {word for word, n in WORDS.items() if show_number(n) in secret and n > 4}
        assert not secret & set(seen), f"{exercise.id} shows {secret & set(seen)}"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_without_a_script_hints_and_solutions_open(visit, site, chapter):
    page = page_of(visit, site, f"notebooks/{chapter}.html", script=False)
    folds = page.locator(".practice details")
    assert folds.count() > 0
    for fold in folds.all():
        fold.locator("summary").click()
        assert fold.locator("p").first.is_visible()


def test_nothing_is_sent_or_kept(visit, site):
    seen = visit(INTERVALS)
    seen.page.wait_for_load_state("networkidle")
    asked, address = len(seen.requests), seen.page.url
    form = seen.page.locator("#still-using-bounds form")
    form.locator("input[name=low]").fill("1")
    form.locator("input[name=high]").fill("2")
    form.locator("input[name=high]").press("Enter")
    assert form.locator("output").inner_text()
    assert seen.page.url == address
    assert seen.requests[asked:] == []
    assert seen.page.evaluate("document.cookie") == ""


def said(page, widget: str) -> list[str]:
    return page.eval_on_selector_all(
        f"#{widget} output span", "spans => spans.map(span => span.textContent)"
    )


def test_an_address_carries_the_numbers_that_a_reader_has_set(visit, site):
    page = page_of(visit, site, f"{INTERVALS}#intervals?answered=40&yes=12&group=60")
    start = values_on(site, "survey/still-using")
    assert said(page, "intervals") == interval_lines(
        12, 40, 60, start["use.confidence"], INTERVAL_WORDS["own"]
    )
    page = page_of(visit, site, f"{WORLDS}#worlds?answered=66&yes=60")
    world = page.evaluate("JSON.parse(document.querySelector('#worlds script').textContent).world")
    assert said(page, "worlds") == world_lines(66, 60, world)


@pytest.mark.parametrize("state", ["intervals?yes=-3", "intervals?length=9", "intervals?yes=<b>", "nothing?yes=1"])  # fmt: skip
def test_an_address_that_does_not_fit_changes_nothing(visit, site, state):
    as_ever = said(page_of(visit, site, INTERVALS), "intervals")
    seen = visit(f"{INTERVALS}#{state}")
    assert said(seen.page, "intervals") == as_ever
    assert seen.complaints == []


@pytest.mark.parametrize(("name", "widget", "field", "value"), [(INTERVALS, "intervals", "yes", "20"), (WORLDS, "worlds", "answered", "60")])  # fmt: skip
def test_the_copied_address_brings_the_numbers_back(
    site, browser, address, name, widget, field, value
):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(address + name)
    page.locator(f"#{widget}-{field}").fill(value)
    here = said(page, widget)
    page.locator(f"#{widget}").get_by_role("button", name="Copy link").click()
    page.wait_for_function("navigator.clipboard.readText().then(text => text.includes('?'))")
    copied = page.evaluate("navigator.clipboard.readText()")
    again = context.new_page()
    again.goto(copied)
    assert said(again, widget) == here
    # The theme keeps whether pages are light or dark; nobody keeps a number.
    assert again.evaluate("Object.values(localStorage).filter(text => /\\d/.test(text))") == []
    context.close()
