"""What a statement of a chapter reads, sets and reports, found in its syntax tree."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator


def names_read(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            yield part.id
        elif isinstance(part, ast.AugAssign):
            yield from names_read_by(part.target)


def names_read_by(target: ast.expr) -> Iterator[str]:
    """`total += 1` reads what it sets."""
    if isinstance(target, ast.Name):
        yield target.id


def names_bound(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            yield part.id
        elif isinstance(part, ast.alias):
            yield (part.asname or part.name).split(".")[0]
        elif isinstance(part, (ast.FunctionDef, ast.ClassDef)):
            yield part.name


def names_set(node: ast.AST) -> Iterator[str]:
    """Names bound, and objects changed in place (`df["x"] = …`, `rows.append(…)`)."""
    yield from names_bound(node)
    for part in ast.walk(node):
        if isinstance(part, (ast.Subscript, ast.Attribute)) and isinstance(part.ctx, ast.Store):
            yield from list(names_read(part.value))[:1]
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        called = node.value.func
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            yield called.value.id


def needs_before(node: ast.stmt, made: set[str]) -> set[str]:
    """Names that the statement needs from before it, `made` being those its cell has made already."""
    own = set(names_bound(node))
    if isinstance(node, ast.AugAssign):
        own -= set(names_read_by(node.target))
    elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
        # `table = table.dropna()` needs a table; a comprehension's own names it makes itself.
        own = set(names_bound(node.value))
    arguments = {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
    return set(names_read(node)) - own - arguments - made


def keys_in(node: ast.AST) -> Iterator[tuple[str, bool]]:
    """Keys that a statement reports or cites; True marks a pattern."""
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name):
            if part.func.id == "report" and part.args:
                yield key_of(part.args[0])
            elif part.func.id == "cite":
                yield from (key_of(argument) for argument in part.args[2:])


def key_of(node: ast.expr) -> tuple[str, bool]:
    """A key as written; one that is put together becomes a pattern of what it can be."""
    if isinstance(node, ast.Constant):
        return str(node.value), False
    if isinstance(node, ast.JoinedStr):
        parts = [
            re.escape(str(v.value)) if isinstance(v, ast.Constant) else ".+" for v in node.values
        ]
        return "".join(map(str, parts)), True
    return ".+", True
