"""Run a graph several times with one loaded model, and print the text while it is made: `python stream.py [MODEL]`."""

import sys
from pathlib import Path

from graphide import Document, Workspace
from graphide.executor.events import NodeChunk, NodeFailed, RunFinished

GRAPH = Path(__file__).parent / "question.json"
QUESTIONS = ("Why do leaves fall?", "Where does salt come from?")


def ask(workspace: Workspace, document: Document, question: str) -> str:
    """Print the answer piece by piece and return how the run ended."""
    print(f"> {question}")
    status = ""
    for event in workspace.run(document, inputs={"question": question}, seed=1):
        match event:
            case NodeChunk(text=text):
                print(text, end="", flush=True)
            case NodeFailed(node=node, message=message):
                print(f"{node}: {message}", file=sys.stderr)
            case RunFinished():
                status = event.status
    print("\n")
    return status


def main(model: str = "") -> int:
    """Ask all questions; the model stays loaded from one to the next."""
    with Workspace(model=model) as workspace:
        document = workspace.load(GRAPH)
        ended = [ask(workspace, document, question) for question in QUESTIONS]
    return 0 if ended == ["ok"] * len(QUESTIONS) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
