"""From transcript to theme: readers of coding projects, and what may be computed from them.

Start with `read.read_interviews` (any coding project) and `arrange.arrange` (segments under
their themes). The tables are described in `model.Interviews`.
"""
