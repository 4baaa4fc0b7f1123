"""Commit to a conclusion before the envelope is opened.

`commit` gives a receipt; `open_envelope` takes it back and opens the truth of the world it names. The
receipt is a digest of what was written, so that nobody, the writer included, can better it afterwards.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from sustainment.errors import UserError
from sustainment.study import find_root, load_settings, load_yaml


@dataclass(frozen=True)
class Receipt:
    """What was committed for one world, and its seal."""

    exercise: str
    world: str
    statements: dict[str, Any] = field(default_factory=dict)
    seal: str = ""

    def __str__(self) -> str:
        lines = [f"Receipt {self.seal} · world {self.world}"]
        return "\n".join(lines + [f"  {name}: {value}" for name, value in self.statements.items()])


def commit(exercise: str, *, world: str, **statements: Any) -> Receipt:
    """Seal what you conclude about a world, for example
    `commit("worlds.envelope", world="B", low=36, high=52, silence="unknown", sentence="…")`.
    """
    if not statements:
        raise UserError(
            "There is nothing to seal yet. Write a sentence, or a range for the true count."
        )
    return Receipt(exercise, world, dict(statements), _seal(exercise, world, statements))


def open_envelope(receipt: Receipt) -> dict[str, Any]:
    """The truth of the committed world beside what was committed; refuses a changed receipt."""
    if not isinstance(receipt, Receipt):
        raise UserError("This is no receipt. Hand over what commit(...) gave you, whole.")
    if _seal(receipt.exercise, receipt.world, receipt.statements) != receipt.seal:
        raise UserError("This receipt does not match what it seals. Commit again before you open.")
    root = find_root()
    folder = load_settings(root)["inputs"]["truth"]["file"]
    path = root / "data" / folder / receipt.world / "truth.json"
    if not path.exists():
        known = sorted(p.parent.name for p in (root / "data" / folder).glob("*/truth.json"))
        raise UserError(f"There is no world {receipt.world!r}. Known: {', '.join(known)}.")
    truth = load_yaml(path)
    return {"committed": asdict(receipt)["statements"], "truth": truth}


def _seal(exercise: str, world: str, statements: dict[str, Any]) -> str:
    text = json.dumps(
        [exercise, world, statements], sort_keys=True, ensure_ascii=False, default=str
    )
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
