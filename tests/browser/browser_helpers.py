"""A visit to one page, with what the browser asked for and complained about."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Rules that axe leaves off: a button whose spoken name lacks its printed words is useless by voice,
# and WCAG 2.2 asks for targets of 24 pixels.
RULES = {
    "rules": {"label-content-name-mismatch": {"enabled": True}, "target-size": {"enabled": True}}
}


def site_folder() -> Path:
    return Path(os.environ.get("SUSTAINMENT_SITE") or ROOT / "_build" / "html")


def pages_of(site: Path) -> list[str]:
    """Every page of the site, as an address below its root."""
    return [
        page
        for path in sorted(site.rglob("*.html"))
        if not (page := path.relative_to(site).as_posix()).startswith("_static/")
    ]


class Visit:
    """One page in a fresh browser context: `page`, and what was asked for and complained about."""

    def __init__(self, context, base: str, name: str):
        self.base = base
        self.requests: list[str] = []
        self.failed: list[str] = []
        self.complaints: list[str] = []
        self.page = context.new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("requestfailed", lambda request: self.failed.append(request.url))
        self.page.on("response", self._note_status)
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(base + name)

    def _note_status(self, response) -> None:
        if response.status >= 400:
            self.failed.append(f"{response.status} {response.url}")

    def _note_console(self, message) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    @property
    def outside(self) -> list[str]:
        """Requests to any other host."""
        return [url for url in self.requests if not url.startswith((self.base, "data:", "blob:"))]

    @property
    def overhang(self) -> int:
        """How many pixels the page is wider than its window."""
        return self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )

    @property
    def unspoken_images(self) -> list[str]:
        """Images in the text whose alternative text is missing, or only a file's name."""
        said = self.page.eval_on_selector_all(
            "article img", "images => images.map(image => image.getAttribute('alt') ?? '')"
        )
        return [text for text in said if not text or text.endswith((".png", ".svg"))]

    def axe(self) -> list[str]:
        """Violations of accessibility rules: 'rule: element, …', of any impact."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page, options=RULES).response
        said = [
            f"{rule['id']}: " + ", ".join(str(node["target"][0]) for node in rule["nodes"][:4])
            for rule in found["violations"]
        ]
        # Text in exactly the colour of its background counts as incomplete, not as a violation.
        for rule in found["incomplete"]:
            for node in rule["nodes"]:
                keys = {
                    check.get("data", {}).get("messageKey")
                    for check in node["any"]
                    if check.get("data")
                }
                if rule["id"] == "color-contrast" and "equalRatio" in keys:
                    said.append(f"invisible text: {node['target'][0]}")
        return said
