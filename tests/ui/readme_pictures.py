"""Make the pictures of the README: the real window with the bundled model, in both themes and two sizes.

`python -m tests.ui.readme_pictures` writes docs/pictures/*.png. Nothing in them is made up: the graphs are run and talked
with while the pictures are taken. Needs Xvfb and Mesa, like the tests of the window.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image

from graphide.editor import talking
from graphide.editor.selection import Selection
from tests.ui.driving import Driver, window
from tests.ui.window import ROOT, run_in_window

FOLDER = ROOT / "docs" / "pictures"
SIZES = {"chat": (1600, 1000), "run": (1280, 800)}
LOOKS = ("dark", "light")
_COLORS = 192  # of a picture: flat areas and text need no more, and the file is a third as large


def chat(driver: Driver) -> None:
    """Talk with the conversation template."""
    session = driver.session
    session.set_panel("right_width", 420)
    session.new_from("conversation")
    session.set_panel(talking.SIDE, "chat")
    driver.frames(4)
    session.act("fit")
    for text in ("What is a lighthouse?", "Write a Python function that tells how far one can see its light."):
        driver.until(lambda: session.tab.chat is not None)
        chat = session.tab.chat
        assert chat is not None
        chat.draft = text
        assert talking.send(session)
        driver.until(lambda: not chat.answering, seconds=100)  # noqa: B023 - asked for within the turn
    driver.frames(20)


def run(driver: Driver) -> None:
    """Run the first template and select the node of the model."""
    session = driver.session
    session.new_from("hello")
    driver.frames(4)
    session.act("fit")
    session.act("run")
    driver.until(lambda: session.tab.runs.view.over, seconds=100)
    session.select(Selection(("answer",)))
    driver.frames(60)


def main() -> None:
    """Make all pictures."""
    FOLDER.mkdir(exist_ok=True)
    for name, size in SIZES.items():
        for look in LOOKS:
            path = FOLDER / f"{name}_{look}.png"
            run_in_window(Path(__file__), "", arguments=[name, look, str(path)], size=size, drawing=True, seconds=280)
            with Image.open(path) as picture:
                picture.convert("RGB").quantize(_COLORS, dither=Image.Dither.NONE).save(path, optimize=True)
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KB")


def take(name: str, look: str, path: Path) -> None:
    """Take one picture, in a process that has a screen."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        window(Path(folder), SIZES[name], model="") as driver,
    ):
        driver.session.choose(theme=look)
        {"chat": chat, "run": run}[name](driver)
        driver.picture(path)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        take(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
    else:
        main()
