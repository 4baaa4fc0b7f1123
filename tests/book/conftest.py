"""The small example book beside this file, copied, changed and built."""

import shutil

import pytest
from book_helpers import EXAMPLE

from sustainment.book.build import build


@pytest.fixture
def book(tmp_path):
    """A copy of the example book that nothing was built in."""
    return shutil.copytree(EXAMPLE, tmp_path / "book")


@pytest.fixture(scope="session")
def built_once(tmp_path_factory):
    folder = shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("built") / "book")
    build(folder, quiet=True)
    return folder


@pytest.fixture
def built(built_once, tmp_path):
    """A copy of the example book with everything built."""
    return shutil.copytree(built_once, tmp_path / "book", symlinks=True)
