"""Pictures for a person to look at: each size, each mode, whole pages, and sheets that show them together."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image, ImageStat

from sustainment.book.pictures import MODES, PAGES, SCREENS, take_pictures
from sustainment.errors import UserError

pytestmark = pytest.mark.browser


def test_a_page_is_photographed_narrow_and_wide_light_and_dark(site, browser, tmp_path):
    with ThreadPoolExecutor(1) as apart:  # one thread holds one Playwright
        taken = apart.submit(take_pictures, site, tmp_path / "pictures", ["pages/cite"]).result()
    *pictures, narrow, wide = [Image.open(path).convert("L") for path in taken]
    widths = [width for width, _ in SCREENS.values() for _ in MODES]
    assert [picture.width for picture in pictures] == widths
    light, dark = (ImageStat.Stat(picture) for picture in pictures[:2])
    assert light.mean[0] > 150 > dark.mean[0]
    assert light.stddev[0] > 10, "the picture is blank"
    assert narrow.height > narrow.width  # one page, two modes above each other
    assert wide.width > 100


def test_the_pages_to_look_at_are_there(site):
    assert len(PAGES) == 7
    assert [name for name in PAGES if not (site / name).exists()] == []


def test_without_pages_one_sentence_says_so(browser, tmp_path):
    with pytest.raises(UserError, match="make book"):
        take_pictures(tmp_path, tmp_path / "out")
