"""Run a graph once and look at its result: `python once.py [MODEL]`, where `echo` needs no model."""

import sys
from pathlib import Path

import graphide

GRAPH = Path(__file__).parent / "question.json"


def main(model: str = "") -> int:
    """Ask one question and print the answer, and what it cost."""
    result = graphide.run(GRAPH, model=model, seed=1, question="What is a tide?")
    for failure in result.failures:
        print(f"{failure.node}: {failure.message}", file=sys.stderr)
    if result.status != "ok":
        return 1
    print(result["answer"])
    print(f"{result.usage['completion_tokens']} tokens, seed {result.seed}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
