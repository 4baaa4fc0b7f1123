"""Every page of the built site, in light and dark: accessible, quiet, self-contained, narrow."""

import pytest

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("mode", "width"), [("light", 1280), ("dark", 360)])
def test_a_page_has_no_accessibility_violation_and_asks_nobody_else(visit, page_name, mode, width):
    seen = visit(page_name, mode=mode, width=width)
    assert seen.axe() == []
    assert seen.complaints == []
    assert seen.failed == []
    assert seen.outside == []


def test_a_page_fits_320_pixels(visit, page_name):
    seen = visit(page_name, width=320)
    assert seen.overhang <= 0


def test_every_image_says_what_it_shows(visit, page_name):
    """A figure without alt text of its own would be announced by its file name."""
    page = visit(page_name).page
    said = page.eval_on_selector_all(
        "article img", "images => images.map(image => image.getAttribute('alt'))"
    )
    assert all(text and not text.endswith((".png", ".svg")) for text in said), said


def test_these_checks_can_fail(visit, tmp_path, browser):
    from conftest import serve

    (tmp_path / "bad.html").write_text(
        "<html><title>x</title><main><img src='missing.png'><div style='width:2000px'>wide</div>"
        "<p style='color:#777;background:#666'>grey</p><button aria-label='Search'>Find a word</button></main>"
        "<script src='http://127.0.0.2:9/x.js'></script><script>nothing()</script></html>"
    )
    server, base = serve(tmp_path)
    seen = visit("bad.html", width=320, base=base)
    found = " ".join(seen.axe())
    server.shutdown()
    for rule in ("image-alt", "color-contrast", "html-has-lang", "label-content-name-mismatch"):
        assert rule in found
    assert seen.overhang > 0
    assert seen.outside
    assert any("missing.png" in failed for failed in seen.failed)
    assert any("nothing" in complaint for complaint in seen.complaints)
