"""Make the picture of the web page in the README: the real page in the real browser, with an answer of the bundled model.

`python -m tests.server.readme_picture` writes docs/pictures/page_*.png. Needs chromium and chromedriver, like the tests.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Literal

from PIL import Image

from tests.server.browser import Browser, browsing
from tests.server.serving import ROOT, serving

FOLDER = ROOT / "docs" / "pictures"
LOOKS: tuple[Literal["dark", "light"], ...] = ("dark", "light")
_COLORS = 128


def main() -> None:
    """Run the first template on the page and take its picture in both themes."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        serving(Path(folder), model="") as served,
        browsing(Path(folder) / "profile") as browser,
    ):
        browser.open(served.url, served.key, "#/graphs/hello")
        _run(browser)
        for look in LOOKS:
            browser.look(width=1280, height=840, theme=look)
            path = FOLDER / f"page_{look}.png"
            browser.driver.save_screenshot(str(path))
            with Image.open(path) as picture:
                picture.convert("RGB").quantize(_COLORS, dither=Image.Dither.NONE).save(path, optimize=True)
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KB")


def _run(browser: Browser) -> None:
    browser.one(".canvas svg")
    topic = browser.one("#input-topic")
    topic.clear()
    topic.send_keys("tides")
    browser.one("button", "Run").click()
    browser.one(".cost", "Done")


if __name__ == "__main__":
    main()
