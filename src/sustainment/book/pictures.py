"""`make pictures`: the home page and six chapters as a person meets them, kept to be looked at.

Tests find what a rule can find; an ugly page has to be seen. Each page is photographed whole, narrow
and wide, light and dark, into `_build/pictures/`; two contact sheets show the first screens together.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from sustainment.book.pdf import find_browser
from sustainment.book.served import chosen_pages, serve

PAGES = (
    "index.html",
    "notebooks/start/two-of-three.html",
    "notebooks/survey/still-using.html",
    "notebooks/interviews/theme-children.html",
    "notebooks/integration/joint-display.html",
    "notebooks/lab/worlds.html",
    "notebooks/practice/protecting.html",
)
SCREENS = {"narrow": (360, 740), "wide": (1440, 900)}
MODES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
TALLEST = 30_000  # pixels; a longer page is cut there
SHRINK = {"narrow": 2 / 3, "wide": 1 / 4}  # on the contact sheets
GAP = 16


def take_pictures(site: Path, out: Path, wanted: Sequence[str] = ()) -> list[Path]:
    """Photograph pages of a built site; returns the pictures, the contact sheets last.

    wanted: words in the addresses of other pages than the seven. Raises UserError when chromium or
    the pages are missing.
    """
    from playwright.sync_api import sync_playwright

    browser_path = find_browser()
    pages = chosen_pages(site, list(wanted or PAGES))
    out.mkdir(parents=True, exist_ok=True)
    taken: list[Path] = []
    firsts: dict[str, list[bytes]] = {name: [] for name in SCREENS}
    with serve(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"]
        )
        for screen, (width, height) in SCREENS.items():
            for mode in MODES:
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    color_scheme=mode,
                    reduced_motion="reduce",
                )
                page = context.new_page()
                for name in pages:
                    page.goto(address + name, wait_until="networkidle")
                    stem = name.removesuffix(".html").replace("/", "-")
                    target = out / f"{stem}-{width}-{mode}.png"
                    firsts[screen].append(page.screenshot())
                    size = page.evaluate("document.documentElement.scrollHeight")
                    clip: Any = {"x": 0, "y": 0, "width": width, "height": min(size, TALLEST)}
                    page.screenshot(path=target, full_page=True, clip=clip)
                    taken.append(target)
                context.close()
        browser.close()
    sheets = [
        write_sheet(firsts[screen], len(pages), SHRINK[screen], out / f"sheet-{screen}.png")
        for screen in SCREENS
    ]
    return [*taken, *sheets]


def write_sheet(pictures: Sequence[bytes], columns: int, shrink: float, target: Path) -> Path:
    """First screens beside each other, a row for each mode, in few colours."""
    import io

    from PIL import Image

    images = [Image.open(io.BytesIO(data)).convert("RGB") for data in pictures]
    width, height = (round(side * shrink) for side in images[0].size)
    rows = -(-len(images) // columns)
    size = (columns * (width + GAP) + GAP, rows * (height + GAP) + GAP)
    sheet = Image.new("RGB", size, "#8a8a8a")
    for i, image in enumerate(images):
        place = (GAP + i % columns * (width + GAP), GAP + i // columns * (height + GAP))
        sheet.paste(image.resize((width, height), Image.Resampling.LANCZOS), place)
    sheet.quantize(colors=128, dither=Image.Dither.NONE).save(target, optimize=True)
    return target
