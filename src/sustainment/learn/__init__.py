"""Exercises that explain mistakes: `from sustainment.learn import check, hint, solution`.

An exercise lies in a YAML file beside its chapter. Its answers and its named mistakes are names of
reported values, so that neither can go stale when the data or a parameter change.

    check("two-of-three.worlds", low=30, high=45)   # says what you may have been thinking
    hint("two-of-three.worlds")                      # the next hint
    solution("two-of-three.worlds")                  # folded away until you ask twice
"""

from sustainment.learn.envelope import commit, open_envelope
from sustainment.learn.session import check, hint, solution

__all__ = ["check", "commit", "hint", "open_envelope", "solution"]
