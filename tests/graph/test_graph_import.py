"""What importing the graph package costs."""

from __future__ import annotations

import subprocess
import sys


def test_reading_and_checking_a_graph_loads_no_networkx() -> None:
    code = (
        "import sys; import graphide.graph.file as f; import graphide.graph.check as c;"
        "c.check(f.loads('{\"graphide\": 1}'), {}); print('networkx' in sys.modules, 'asyncio' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
