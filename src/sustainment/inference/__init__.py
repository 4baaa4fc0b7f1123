"""Statistics for a group of known size in which some stay silent, and for a dozen interviews.

Modules are named by what a person looks for: `counts` and `silence` (one share of the 66),
`response` (who answered), `effects` (two groups), `concentration` (who carries most),
`logistic`, `survival` and `intervals` (time, exact or remembered), `scales`, `weighting`,
`power`, `multiverse`, `simulation`; for the interviews `agreement` and `saturation`.
Where no right number exists a function raises `UserError`, or returns NaN with its reason.
"""
