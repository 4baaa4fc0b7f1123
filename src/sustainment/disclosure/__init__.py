"""Protection of people: what of a real study's numbers and words may leave, and in which form.

`rules` says what is too small, `plan` decides jointly what is hidden, `gate` applies that to every
number on its way out, and `audit` looks afterwards, without the plan, for what could be worked out.
"""
