"""Make a graph in Python, check it, run it and print it as a graph file: `python build.py [MODEL]`."""

import sys

from graphide import Document, Edge, Graph, Node, Workspace, dumps


def graph(voices: tuple[str, ...]) -> Graph:
    """Return a graph that asks the same question in several voices and joins the answers."""
    nodes = {"question": Node("question", "variable", {"value": "Is it going to rain?"})}
    nodes["page"] = Node("page", "join", {"separator": "\n\n"})
    nodes["result"] = Node("result", "output", {"name": "answers"})
    edges = [Edge("page", "text", "result", "value")]
    for voice in voices:
        nodes[f"{voice}_system"] = Node(f"{voice}_system", "system", {"text": f"You answer like a {voice}."})
        nodes[voice] = Node(voice, "model", {"max_tokens": 40})
        edges += [
            Edge("question", "value", voice, "prompt"),
            Edge(f"{voice}_system", "text", voice, "system"),
            Edge(voice, "text", "page", "items"),
        ]
    return Graph(nodes=nodes, edges=tuple(edges), title="Voices")


def main(model: str = "") -> int:
    """Run the graph; the file goes to standard output, the answers to standard error."""
    with Workspace(model=model) as workspace:
        document = Document(graph(("farmer", "sailor")))
        problems = workspace.check(document)
        for problem in problems:
            print(problem.message, file=sys.stderr)
        if any(problem.severity == "error" for problem in problems):
            return 3
        print(workspace.result(document, seed=1)["answers"], file=sys.stderr)
        print(dumps(document.graph, workspace.registry).decode(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
