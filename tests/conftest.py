"""Fixtures that every folder of tests may use."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no defect of the code: examples are counted, never timed. The same examples come
# every time, so that a red run can be repeated.
settings.register_profile("book", deadline=None, derandomize=True)
settings.load_profile("book")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(autouse=True)
def no_study_is_open(monkeypatch):
    """A chapter opens its study for itself: what another test opened must not be seen."""
    monkeypatch.setattr("sustainment.study._current", None)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real files by other people; without it a test is skipped and says so."""
    if not SHARED_DATA.is_dir():
        # Other people's files are not part of the project: without them there is nothing to fail.
        pytest.skip("the real files (../shared/data) are not on this machine")
    return SHARED_DATA
