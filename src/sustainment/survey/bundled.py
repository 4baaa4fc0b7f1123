"""Write a data set that is published with statsmodels as a plain CSV file, as a survey would arrive.

So a real survey can go through the same reader as any other export, without network and without a
copy of the data in this repository. Its codebook is written by hand and lies in `data/`.
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import pandas as pd
from statsmodels import datasets

from sustainment.errors import UserError

RECORD = "record"


def write_bundled(name: str, folder: Path) -> Path:
    """Write `statsmodels.datasets.<name>` to `folder/<name>.csv` and return its path.

    A first column `record` numbers the rows from 1; whole numbers are written without a point.
    Raises UserError for a name that statsmodels does not know.
    """
    module = getattr(datasets, name, None)
    if module is None or not hasattr(module, "load_pandas"):
        known = [n for n in dir(datasets) if hasattr(getattr(datasets, n), "load_pandas")]
        near = get_close_matches(name, known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UserError(f"statsmodels publishes no data set {name!r}.{hint}")
    table = module.load_pandas().data
    table = table.apply(_whole)
    table.insert(0, RECORD, range(1, len(table) + 1))
    path = Path(folder) / f"{name}.csv"
    table.to_csv(path, index=False, lineterminator="\n")
    return path


def _whole(column: pd.Series) -> pd.Series:
    """A float column that holds only whole numbers, as integers; anything else unchanged."""
    whole = pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all()
    return column.astype("Int64") if whole else column
