"""Segments in the shape the chapters use: a row a passage, its code, its theme, its level.

Level, valence and other *dimensions* are codes too, in top-level branches of their own, put on
the same selection by the same coder. Which branches those are is said in study.yml
(`interviews: dimensions: {level: Level, valence: Valence}`), never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from sustainment.errors import UserError
from sustainment.interviews.model import Interviews, settings_of
from sustainment.interviews.tree import branches

SEVERAL = "; "  # parts the values where a coder gave one passage two of a dimension


def arrange(interviews: Interviews, dimensions: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Segments with theme, sub-theme, code and one column for each dimension.

    Parameters
    ----------
    dimensions : column → name of the top-level branch, e.g. {"level": "Level"}. Without it the
        study's own setting is taken; {} means none.

    Returns
    -------
    DataFrame [segment, document, start, end, text, theme, subtheme, code, coder, *dimensions],
    sorted by document and position: a row for each passage, code and coder. `theme` is the top
    of the code tree, `subtheme` the level below it where there is one ("" otherwise). A
    dimension is "" where the coder gave none and "helps; hinders" where the coder gave two.
    """
    if dimensions is None:
        dimensions = settings_of(interviews).get("dimensions") or {}
    places = placed(interviews, dimensions)
    segments = interviews.segments.merge(places, on="code", how="left", validate="many_to_one")
    content = segments[~segments["top"].isin(dimensions.values())]
    for column, branch in dimensions.items():
        content = content.merge(
            _given(segments[segments["top"] == branch], column, interviews.codes["code"]),
            on=["segment", "coder"],
            how="left",
        )
        content[column] = content[column].fillna("")
    content = content.rename(columns={"top": "theme"})
    columns = ["segment", "document", "start", "end", "text", "theme", "subtheme", "code", "coder"]
    content = content[[*columns, *dimensions]].astype({"start": "int64", "end": "int64"})
    content = content.sort_values(["document", "start", "end", "code", "coder"], ignore_index=True)
    content.attrs["dimensions"] = dict(dimensions)  # the matrices leave these branches out
    return content


def placed(interviews: Interviews, dimensions: Mapping[str, str]) -> pd.DataFrame:
    """Each code's place: code, top, subtheme ("" where the code lies right under its theme).

    Raises UserError for a dimension whose branch is not in the codebook.
    """
    tree = branches(interviews.codes)
    tops = tree.loc[tree["depth"] == 1, "code"]
    for column, branch in dimensions.items():
        if branch not in set(tops):
            raise UserError(
                f"interviews: dimensions: {column}: {branch!r} in study.yml is no top-level code "
                f"of {interviews.file}. Its top-level codes are: {', '.join(tops)}."
            )
    # a code right under its theme is no sub-theme; one with codes of its own is
    is_subtheme = (tree["depth"] > 2) | ((tree["depth"] == 2) & ~tree["leaf"])
    is_subtheme |= (tree["depth"] == 2) & ~tree["code"].map(
        interviews.codes.set_index("code")["codable"]
    ).astype(bool)
    return pd.DataFrame(
        {
            "code": tree["code"],
            "top": tree["top"],
            "subtheme": tree["second"].where(is_subtheme, ""),
        }
    )


def _given(rows: pd.DataFrame, column: str, order: pd.Series) -> pd.DataFrame:
    """One value a segment and coder; several are joined in codebook order, so none is lost."""
    rows = rows[["segment", "coder", "code"]].drop_duplicates()
    rows = rows.sort_values("code", key=lambda codes: codes.map(dict(zip(order, range(len(order)), strict=True))))  # fmt: skip
    once = ~rows.duplicated(["segment", "coder"], keep=False)
    several = rows[~once].groupby(["segment", "coder"], sort=False)["code"].agg(SEVERAL.join)
    out = pd.concat([rows[once], several.reset_index()], ignore_index=True)
    return out.rename(columns={"code": column})


def values_of(interviews: Interviews, branch: str) -> list[str]:
    """The codes of a dimension's branch, in the codebook's order."""
    return interviews.codes.loc[interviews.codes["parent"] == branch, "code"].tolist()


def themes_of(
    interviews: Interviews, dimensions: Mapping[str, str] | None = None, outside: str | None = None
) -> pd.DataFrame:
    """The theme tree without the dimensions: a row a code, in the codebook's order.

    Columns theme, subtheme, code, plus the codebook's own (description, include, exclude,
    example, codable). `outside`: the branch for what fits no theme, left out; by default the
    study's setting.
    """
    if dimensions is None:
        dimensions = settings_of(interviews).get("dimensions") or {}
    if outside is None:
        outside = settings_of(interviews).get("outside", "")
    places = placed(interviews, dimensions).rename(columns={"top": "theme"})
    tree = places.merge(interviews.codes, on="code", validate="one_to_one")
    tree = tree[~tree["theme"].isin([*dimensions.values(), outside])]
    columns = ["description", "include", "exclude", "example", "codable", "parent"]
    return tree[["theme", "subtheme", "code", *columns]].reset_index(drop=True)


def usable(
    segments: pd.DataFrame, column: str, allowed: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Part segments into those with one allowed value of a dimension and those left out."""
    fits = segments[column].isin(allowed)
    return segments[fits].reset_index(drop=True), segments[~fits].reset_index(drop=True)
