"""`graphide run`: its options, and its help with the inputs of the graph. What happens then is in `running`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import click

from graphide.cli import completion, inputs, opening, streams
from graphide.cli.render import inputs_text
from graphide.cli.report import dumps, empty_json, refusal_json
from graphide.cli.running import Format, Options, run_graph
from graphide.errors import EXIT_OK, GraphideError, UsageError
from graphide.workspace import Workspace

_LARGEST_SEED = 2**32 - 1


@click.command(add_help_option=False, short_help="Run a graph and print its results.")
@click.argument("graph", required=False, shell_complete=completion.graph_files)
@click.option("-i", "--input", "items", multiple=True, metavar="NAME=VALUE", shell_complete=completion.inputs,
              help="Give an input: name=text, name=@file (its content), name:=JSON, or - for a JSON object from standard "
              'input. A text that begins with @ is written name:="@x".')  # fmt: skip
@click.option("--set", "settings", multiple=True, metavar="NODE.SETTING=VALUE", shell_complete=completion.settings,
              help="Change a setting of a node for this run; a value @file is the content of a file.")  # fmt: skip
@click.option("--to", "targets", multiple=True, metavar="NODE", shell_complete=completion.nodes,
              help="Run only to this node, and give its result (repeatable).")  # fmt: skip
@click.option("--seed", type=click.IntRange(0, _LARGEST_SEED), help="Seed of model nodes that have none of their own.")
@click.option("--reproducible", is_flag=True,
              help="Compute so that the same seed gives the same bytes again; one answer at a time, which is slower.")  # fmt: skip
@click.option("--model", "-m", default="", metavar="NAME|PATH|echo", shell_complete=completion.models,
              help='Answer every model node with this model; "echo" answers with the prompt, without a model.')  # fmt: skip
@click.option("--out", multiple=True, metavar="NAME=FILE", help="Write this output to a file instead of printing it.")
@click.option("--format", "format_", type=click.Choice(["text", "json", "jsonl"]), help="How results are printed.")
@click.option("--events", is_flag=True, help="Print every event of the run as a line of JSON, and nothing else.")
@click.option(
    "--dry-run", is_flag=True, help="Say what would run, what is cached, and what prompts share; run nothing."
)
@click.option("--no-cache", is_flag=True, help="Look nothing up in the cache and keep nothing.")
@click.option("--allow", multiple=True, metavar="DIR", type=click.Path(exists=True, path_type=Path),
              help="A folder, beside that of the graph, whose files nodes may read and write.")  # fmt: skip
@click.option("--allow-model-mismatch", is_flag=True, help="Run with a model file that is not the one the graph names.")
@click.option("--pull", is_flag=True, help="First download the models that the graph names and that are not here.")
@click.option("--quiet", "-q", is_flag=True, help="Show no progress and no warnings.")
@click.option("--help", "-h", "wants_help", is_flag=True, help="Show this, and the inputs of the graph.")
@click.pass_context
def run(ctx: click.Context, /, **given: Any) -> int:
    """Run GRAPH, a graph file, the name of a starter template, or - for standard input, and print its results.

    Results go to standard output, everything else to standard error. One text output is printed as it is made. With
    --format json standard output is one JSON object, also when a node fails or the run is interrupted. Ctrl-C stops the
    run and keeps the text made so far; a second one ends the program at once.
    """
    if given["wants_help"]:
        return _help(ctx, given["graph"])
    if not given["graph"]:
        raise click.UsageError("Name the graph to run", ctx)
    options = _options(given)
    try:
        return run_graph(options, ctx.obj)
    except GraphideError as error:
        if options.format == "json":
            streams.out(dumps(refusal_json(error)) + "\n")
        raise
    except KeyboardInterrupt:  # before anything ran; later it is `interrupt` that hears it
        if options.format == "json":
            streams.out(dumps(empty_json("cancelled")) + "\n")
        raise


def _options(given: Mapping[str, Any]) -> Options:
    if given["events"] and given["format_"]:
        raise UsageError("--events and --format exclude each other", hint="Events carry the outputs in their last line")
    if given["graph"] == opening.STDIN and inputs.STDIN in given["items"]:
        raise UsageError("the graph and its inputs cannot both come from standard input")
    return Options(
        graph=given["graph"],
        items=given["items"],
        settings=given["settings"],
        targets=given["targets"],
        seed=given["seed"],
        model=given["model"],
        files=_files(given["out"]),
        format=cast(Format, "events" if given["events"] else given["format_"] or "text"),
        dry_run=given["dry_run"],
        cache=not given["no_cache"],
        allow=tuple(path.absolute() for path in given["allow"]),
        allow_model_mismatch=given["allow_model_mismatch"],
        reproducible=given["reproducible"],
        pull=given["pull"],
        quiet=given["quiet"],
    )


def _files(items: tuple[str, ...]) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for text in items:
        name, sign, path = text.partition("=")
        if not sign or not name or not path:
            raise UsageError(f'"{text}" names no output and file', where="--out", hint="Write --out NAME=FILE")
        if name in files:
            raise UsageError(f'the output "{name}" is given twice', where="--out")
        files[name] = Path(path)
    return files


def _help(ctx: click.Context, source: str | None) -> int:
    streams.out(ctx.get_help() + "\n")
    if not source:
        return EXIT_OK
    try:
        with Workspace() as workspace:
            document = opening.open_document(workspace, source)
            ports, outputs = workspace.inputs(document), workspace.outputs(document)
    except GraphideError as error:
        streams.out(f"\nThe inputs of {source} cannot be told.\n")
        raise error
    streams.out(f"\nInputs of {source}:\n{inputs_text(ports)}\nOutputs:\n  {', '.join(outputs) or '(none)'}\n")
    return EXIT_OK
