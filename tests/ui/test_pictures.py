"""Pictures of the window in both themes and at three zooms, kept in tests/.artifacts, some compared with known ones.

Only the canvas is compared, in blocks of 12 × 12 pixels, because versions of Mesa draw edges a little differently. To
accept a new look, delete tests/ui/pictures, run this test, look at what it wrote there, and commit that.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.ui.playing import ARTIFACTS
from tests.ui.window import run_in_window

KNOWN = Path(__file__).with_name("pictures")
NAMES = [f"{look}_{zoom}" for look in ("dark", "light") for zoom in (50, 100, 200)]
COMPARED = ["dark_50", "dark_100", "light_100", "light_200"]
CANVAS = (248, 54, 908, 770)
SMALL = (330, 358)  # half of it
BLOCKS = (55, 60)
MEAN, MOST = 2.0, 60.0  # of 255: how far blocks may differ in the mean, and the worst one
LARGEST = 40_000


@pytest.fixture(scope="module")
def pictures() -> Path:
    run_in_window(Path(__file__).with_name("picturing.py"), "", arguments=[str(ARTIFACTS)], drawing=True)
    return ARTIFACTS


@pytest.mark.parametrize("name", NAMES)
def test_the_window_is_drawn_in_both_themes_at_three_zooms(pictures: Path, name: str) -> None:
    canvas = _canvas(pictures / f"{name}.png")
    light = np.asarray(canvas.convert("L"), dtype=float)
    assert (np.median(light) > 200) == name.startswith("light")
    assert light.std() > 5, "there is nothing on it"


@pytest.mark.parametrize("name", COMPARED)
def test_the_canvas_looks_as_it_did(pictures: Path, name: str) -> None:
    canvas, known = _canvas(pictures / f"{name}.png"), KNOWN / f"{name}.png"
    if not known.exists():
        KNOWN.mkdir(exist_ok=True)
        canvas.resize(SMALL, Image.Resampling.BOX).quantize(96).save(known, optimize=True)
        assert known.stat().st_size <= LARGEST
        pytest.fail(f"{known.name} was not there and has been written: look at it, and commit it")
    apart = np.abs(_blocks(canvas) - _blocks(Image.open(known)))
    assert apart.mean() <= MEAN and apart.max() <= MOST, f"mean {apart.mean():.2f}, worst {apart.max():.0f} of 255"


def _canvas(path: Path) -> Image.Image:
    return Image.open(path).convert("RGB").crop(CANVAS)


def _blocks(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB").resize(BLOCKS, Image.Resampling.BOX), dtype=float)
