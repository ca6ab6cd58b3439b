"""What the editor costs: CPU time of a frame, of opening, of edits, while text streams in and while nothing happens.

    python tests/benchmarks/editor.py              # starts a screen of its own; GALLIUM_NOOP=1, so nothing is drawn
    python tests/benchmarks/editor.py open stream  # some cases

Prints the mode of drawing with the figures: without a GPU the drawing itself would be most of what is measured. Each case
is a process with a window of its own. Figures are CPU time of the whole process, its threads included, which the load of
the machine changes less than the time on the wall; least and median over all frames or tries.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main(wanted: list[str]) -> None:
    """Measure each case in a process of its own."""
    sys.path[:0] = [str(ROOT), str(ROOT / "nodes")]
    from window_cases import CASES

    from tests.ui.window import screen

    if unknown := [name for name in wanted if name not in CASES]:
        sys.exit(f"no case {', '.join(unknown)}; there are: {', '.join(CASES)}")
    with screen((1600, 1000)) as display:
        environment = {**os.environ, "DISPLAY": display, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'nodes'}"}
        environment.setdefault("GALLIUM_NOOP", "1")
        print(f"drawing: {'GALLIUM_NOOP=1' if environment['GALLIUM_NOOP'] == '1' else 'llvmpipe'}", flush=True)
        program = Path(__file__).with_name("window_cases.py")
        for name in wanted or [*CASES, "open", "open"]:
            drawing = {"GALLIUM_NOOP": ""} if name == "memory" else {}
            subprocess.run([sys.executable, str(program), name], env={**environment, **drawing}, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
