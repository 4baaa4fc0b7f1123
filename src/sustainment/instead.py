"""A sentence in place of a number: what a chapter prints where these answers do not say it.

A method raises `CannotSay` (nobody answered, one group only, everybody the same). The chapter's cell ends
there: its sentence stands in place of what it would have shown, and each value that it would have
reported is recorded as one that cannot be said. A later cell runs until it needs a name that was not
made, and says the same. So chapters hold no branches for such data. Every other error, a misspelt
name as well as a `UserError`, still stops the chapter.

Works in any IPython kernel (the runner's, JupyterLab's, Jupyter Book's), from `open_study` on.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from sustainment.errors import CannotSay
from sustainment.statements import keys_in, names_set, needs_before
from sustainment.study import Study

SHOWS = ("show_figure", "show_table", "excerpt")
GUARDED = "What stands here is withheld to protect persons, or the answers do not say it."
TITLE = "These answers do not say"
# What arithmetic on nobody leaves in a sentence.
NO_NUMBER = re.compile(r"\b(?:nan|inf|NaT)\b|\b0 of (?:the )?0\b")


def watch_cells(study: Study) -> None:
    """From now on, cells of this kernel that cannot say something say so; nothing outside IPython."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        return
    for old in [t for t in shell.ast_transformers if isinstance(t, Watch)]:
        shell.ast_transformers.remove(old)
        shell.events.unregister("post_run_cell", old.after)
    watch = Watch(study)
    shell.ast_transformers.append(watch)
    shell.events.register("post_run_cell", watch.after)
    # Without a traceback; what is shown in its place is shown when the cell has ended.
    shell.set_custom_exc((CannotSay,), lambda *_, **__: None)


class Watch(ast.NodeTransformer):
    """Knows which names of a chapter could not be made, and why."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.lost: dict[str, str] = {}  # name: the sentence that stands for it

    def visit(self, tree: Any) -> Any:
        """The cell, ending where it first needs what could not be made."""
        made: set[str] = set()
        for place, statement in enumerate(tree.body):
            needs = needs_before(statement, made) & set(self.lost)
            if needs:
                stop: Any = ast.parse(
                    "from sustainment.errors import CannotSay as _cannot\nraise _cannot()"
                )
                stop.body[1].exc.args.append(ast.Constant(self.lost[min(needs)]))
                for node in ast.walk(stop):
                    ast.copy_location(node, statement)
                tree.body[place:] = stop.body
                break
            made |= set(names_set(statement))
        return tree

    def after(self, result: Any) -> None:
        """After each cell: say what it could not, and let the run go on."""
        if result.info is None or not isinstance(result.info.raw_cell, str):
            return
        try:
            body = ast.parse(result.info.raw_cell).body
        except SyntaxError:
            return
        problem = result.error_in_exec
        undone = []
        if isinstance(problem, CannotSay):
            line = line_in_cell(problem)
            undone = [statement for statement in body if (statement.end_lineno or 0) >= line]
            result.error_in_exec = None
            self.say(str(problem), undone)
        done = body[: len(body) - len(undone)]
        for name in {name for statement in done for name in names_set(statement)}:
            self.lost.pop(name, None)
        for name in {name for statement in undone for name in names_set(statement)}:
            self.lost[name] = str(problem)

    def say(self, sentence: str, undone: list[ast.stmt]) -> None:
        from sustainment.report import report_unsaid

        again = sentence in self.lost.values()
        if not again or any(called(statement, SHOWS) for statement in undone):
            show_sentence(sentence)
        for key in dict.fromkeys(self.keys(undone)):
            if key not in self.study.reported:
                report_unsaid(key)

    def keys(self, undone: list[ast.stmt]) -> Iterator[str]:
        """The keys that these statements would have reported; those put together, as the page has them."""
        chapter = self.study.root / "notebooks" / f"{self.study.chapter}.md"
        text = chapter.read_text(encoding="utf-8")
        exercises = chapter.with_suffix(".exercises.yml")
        words = set(re.findall(r"[a-z_]+\.\w+", text + read_if_there(exercises)))
        named = set(re.findall(r'report\(\s*"([^"]+)"', text))
        for statement in undone:
            for key, is_pattern in keys_in(statement):
                if not is_pattern:
                    yield key
                else:
                    yield from sorted(w for w in words - named if re.fullmatch(key, w))


def called(node: ast.AST, names: tuple[str, ...]) -> bool:
    return any(
        isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in names
        for part in ast.walk(node)
    )


def line_in_cell(problem: BaseException) -> int:
    """The line of the cell at which it ended: that of the outermost frame that is a cell's."""
    trace = problem.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") == "__main__":
            return trace.tb_lineno
        trace = trace.tb_next
    return 0


def read_if_there(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def refuse_no_number(what: str, *texts: str) -> None:
    """Refuse words that would print "nan" or "0 of 0"; `what` begins the sentence."""
    if any(NO_NUMBER.search(text) for text in texts):
        raise CannotSay(
            f"{what} cannot be shown: too few gave the answers that it is made from, so a number in "
            f"it cannot be computed."
        )


def show_sentence(sentence: str) -> None:
    """The sentence as a note on the page; of a real study's persons it does not tell why."""
    from sustainment.report import in_notebook
    from sustainment.study import current_study

    if not in_notebook():
        return
    study = current_study()
    if study is not None and study.provenance == "observed":
        from sustainment.disclosure.gate import collecting

        sentence = sentence if collecting(study) else GUARDED
    from IPython.display import display

    markup = (
        f'<div class="admonition note cannot-say"><p class="admonition-title">{TITLE}</p>'
        f"<p>{escape(sentence)}</p></div>"
    )
    about = {"type": "instead", "sentence": sentence}
    display(
        {"text/html": markup, "text/plain": sentence}, raw=True, metadata={"sustainment": about}
    )
