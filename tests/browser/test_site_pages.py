"""Every page of the built site, wide in light and narrow in dark: accessible, quiet, self-contained."""

import pytest

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("mode", "width"), [("light", 1280), ("dark", 320)])
def test_a_page_is_accessible_fits_and_asks_nobody_else(visit, page_name, mode, width):
    seen = visit(page_name, mode=mode, width=width)
    assert seen.axe() == []
    assert seen.overhang <= 0, "the page scrolls sideways"
    assert seen.complaints == []
    assert seen.failed == []
    assert seen.outside == []
    assert seen.unspoken_images == []


def test_these_checks_can_fail(visit, tmp_path):
    from conftest import serve

    (tmp_path / "bad.html").write_text(
        "<html><title>x</title><main><article><img src='missing.png' alt='missing.png'></article>"
        "<img src='missing.png'><div style='width:2000px'>wide</div>"
        "<p style='color:#777;background:#666'>grey</p><p style='color:#123;background:#123'>gone</p>"
        "<button aria-label='Search'>Find a word</button></main>"
        "<script src='http://127.0.0.2:9/x.js'></script><script>nothing()</script></html>"
    )
    server, base = serve(tmp_path)
    seen = visit("bad.html", width=320, base=base)
    found = " ".join(seen.axe())
    server.shutdown()
    for rule in ("image-alt", "color-contrast", "html-has-lang", "label-content-name-mismatch"):
        assert rule in found
    assert "invisible text" in found
    assert seen.overhang > 0
    assert seen.outside
    assert seen.unspoken_images == ["missing.png"]
    assert any("missing.png" in failed for failed in seen.failed)
    assert any("nothing" in complaint for complaint in seen.complaints)
