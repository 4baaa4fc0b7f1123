"""Which codes occur together, beside what chance would give.

Two different claims are kept apart: codes on *overlapping passages* of one coder, and codes in
the *same interviews*. Chance for the first: the coder's codes are dealt out again among the
passages of the same interview. Chance for the second: each code's interviews are drawn anew.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from scipy import sparse

from sustainment.interviews.matrices import merged_spans
from sustainment.streams import rng

_AT_ONCE = 5_000_000  # overlapping pairs held in memory at a time


def cooccurrence(
    segments: pd.DataFrame, by: str = "code", permutations: int = 200, seed: int = 1
) -> pd.DataFrame:
    """Pairs of codes: how often together, how often by chance.

    Returns
    -------
    DataFrame, a row a pair that shares a passage or an interview:
    code_a, code_b; passages_a, passages_b;
    overlaps (pairs of overlapping passages of one coder), expected (their exact mean when the
    codes of each coder are permuted within the interview), low, high (2.5 and 97.5 percentiles
    of `permutations` such permutations; NaN for 0 permutations);
    jaccard_characters (characters under both, of those under either);
    interviews_both, interviews_either, interviews_expected (n_a n_b / n, the mean if each code's
    interviews were drawn by chance), jaccard_interviews.

    The permutation may deal one passage the same code twice, which a coder would not; with few
    codes on many doubly coded passages `expected` is therefore a little low.
    """
    rows = segments[segments[by] != ""]
    rows = rows.drop_duplicates(["document", "coder", "start", "end", by])
    codes = pd.Index(rows[by].drop_duplicates())
    rows = rows.assign(
        which=codes.get_indexer(rows[by]),
        group=rows.groupby(["document", "coder"], sort=False).ngroup(),
    ).sort_values(["group", "start", "end"], ignore_index=True)
    counts, expected, low, high = _overlaps(rows, len(codes), permutations, seed)
    both_characters, characters = _characters(rows, by, codes)
    inside = _incidence(rows["document"], rows["which"], len(codes))
    both = (inside.T @ inside).toarray()
    n_in, documents = np.diag(both), inside.shape[0]
    passages = np.bincount(rows["which"], minlength=len(codes))
    out = []
    for a, b in combinations(range(len(codes)), 2):
        if counts[a, b] or both[a, b]:
            either = n_in[a] + n_in[b] - both[a, b]
            joined = characters[a] + characters[b] - both_characters[a, b]
            out.append(
                {
                    "code_a": codes[a],
                    "code_b": codes[b],
                    "passages_a": passages[a],
                    "passages_b": passages[b],
                    "overlaps": counts[a, b],
                    "expected": expected[a, b],
                    "low": low[a, b],
                    "high": high[a, b],
                    "jaccard_characters": both_characters[a, b] / joined,
                    "interviews_both": both[a, b],
                    "interviews_either": either,
                    "interviews_expected": n_in[a] * n_in[b] / documents,
                    "jaccard_interviews": both[a, b] / either,
                }
            )
    return pd.DataFrame(out, columns=_COLUMNS)


_COLUMNS = [
    "code_a",
    "code_b",
    "passages_a",
    "passages_b",
    "overlaps",
    "expected",
    "low",
    "high",
    "jaccard_characters",
    "interviews_both",
    "interviews_either",
    "interviews_expected",
    "jaccard_interviews",
]


def overlapping_pairs(group: np.ndarray, start: np.ndarray, end: np.ndarray):
    """Yield index arrays (i, j), i before j, of spans that share a character within a group.

    The spans must be sorted by group and start. Memory is bounded: pairs come in batches.
    """
    apart = group.astype(np.int64) * (int(end.max(initial=0)) + 1)
    reach = np.searchsorted(apart + start, apart + end, side="left")
    many = np.maximum(reach - np.arange(len(start)) - 1, 0)
    total = np.concatenate([[0], np.cumsum(many)])
    begin = 0
    while begin < len(start):
        stop = int(np.searchsorted(total, total[begin] + _AT_ONCE, side="right")) - 1
        stop = min(max(stop, begin + 1), len(start))
        first = np.repeat(np.arange(begin, stop), many[begin:stop])
        within = np.arange(len(first)) - np.repeat(total[begin:stop] - total[begin], many[begin:stop])  # fmt: skip
        yield first, first + within + 1
        begin = stop


def _overlaps(rows: pd.DataFrame, n_codes: int, permutations: int, seed: int):
    group = rows["group"].to_numpy()
    which = rows["which"].to_numpy()
    arrays = group, rows["start"].to_numpy(), rows["end"].to_numpy()
    n_groups = int(group.max(initial=-1)) + 1
    dealt = [which, *_dealt(group, which, permutations, seed)]
    tables = np.zeros((len(dealt), n_codes * n_codes), dtype=np.int64)
    pairs_in_group = np.zeros(n_groups, dtype=np.int64)
    for i, j in overlapping_pairs(*arrays):
        pairs_in_group += np.bincount(group[i], minlength=n_groups)
        for table, labels in zip(tables, dealt, strict=True):
            table += np.bincount(labels[i] * n_codes + labels[j], minlength=n_codes * n_codes)
    square = tables.reshape(len(dealt), n_codes, n_codes)
    square = square + square.transpose(0, 2, 1)
    low = high = np.full((n_codes, n_codes), np.nan)
    if permutations:
        low, high = np.percentile(square[1:], [2.5, 97.5], axis=0)
    return square[0], _expected(rows, n_codes, pairs_in_group), low, high


def _dealt(group: np.ndarray, which: np.ndarray, permutations: int, seed: int) -> list[np.ndarray]:
    random = rng(seed, "co-occurrence")
    # rows are sorted by group, so ordering by (group, chance) shuffles inside each group
    return [
        which[np.lexsort((random.random(len(which)), group))].astype(np.int32)
        for _ in range(permutations)
    ]


def _expected(rows: pd.DataFrame, n_codes: int, pairs_in_group: np.ndarray) -> np.ndarray:
    """Mean over all permutations: each overlapping pair holds codes a, b with probability
    2 n_a n_b / (n (n - 1)) in a group of n codings."""
    ones = np.ones(len(rows))
    shape = (len(pairs_in_group), n_codes)
    in_group = sparse.csr_matrix((ones, (rows["group"], rows["which"])), shape=shape)
    n = np.asarray(in_group.sum(axis=1)).ravel()
    weight = 2 * pairs_in_group / np.maximum(n * (n - 1), 1)
    return (in_group.T @ sparse.diags(weight) @ in_group).toarray()


def _characters(rows: pd.DataFrame, by: str, codes: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    """Characters under both codes of each pair, and under each code."""
    spans = merged_spans(rows, ["group", by]).sort_values(["group", "start", "end"])
    which = codes.get_indexer(spans[by])
    start, end = spans["start"].to_numpy(), spans["end"].to_numpy()
    n = len(codes)
    counts = np.zeros(n * n)
    for i, j in overlapping_pairs(spans["group"].to_numpy(), start, end):
        shared = np.minimum(end[i], end[j]) - np.maximum(start[i], start[j])
        counts += np.bincount(which[i] * n + which[j], weights=shared, minlength=n * n)
    both = counts.reshape(n, n)
    return both + both.T, np.bincount(which, weights=end - start, minlength=n)


def _incidence(documents: pd.Series, which: pd.Series, n_codes: int) -> sparse.csr_matrix:
    row, names = pd.factorize(documents)
    shape = (len(names), n_codes)
    counts = sparse.csr_matrix((np.ones(len(row)), (row, which)), shape=shape)
    counts.data[:] = 1
    return counts
