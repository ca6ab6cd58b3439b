"""`graphide models fit`: what a model takes of memory and whether it fits, before it is loaded.

The measuring is `graphide.inference`, the judgement `graphide.models.fit`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, get_args

import click

from graphide.cli import completion, streams
from graphide.cli.models_shown import format_option
from graphide.cli.render import table
from graphide.cli.report import dumps
from graphide.errors import EXIT_NODE_FAILED, EXIT_OK, ModelMissing, UsageError
from graphide.graph.quoting import printable
from graphide.inference.protocol import FlashAttention, LoadOptions
from graphide.models.wording import size
from graphide.values import KvType
from graphide.workspace import Workspace

if TYPE_CHECKING:
    from graphide.models.fit import Fit
    from graphide.models.library import LibraryModel

SCHEMA = 1
EXIT_DOES_NOT_FIT = EXIT_NODE_FAILED
_LARGEST_CONTEXT = 1 << 24


@click.command("fit", short_help="Say whether a model fits into memory.")
@click.argument("name", metavar="FILE_OR_NAME", shell_complete=completion.models)
@click.option("--n-ctx", type=click.IntRange(0, _LARGEST_CONTEXT), help="Context in tokens; not given: as in runs.")
@click.option("--kv-type", type=click.Choice(get_args(KvType)), help="How the KV cache is kept; not given: as in runs.")
@click.option("--parallel", type=click.IntRange(1, 256), help="Answers at one time; not given: as in runs.")
@click.option("--gpu-layers", type=click.IntRange(-1, 10_000), help="Layers on the GPU; -1: as many as fit.")
@click.option(
    "--flash-attn", type=click.Choice(get_args(FlashAttention)), default="auto", help="A quantised KV cache needs it."
)
@format_option
@click.option("--json", "as_json", is_flag=True, help="The same as --format json; sizes are in bytes.")
def fit(name: str, as_json: bool, format_: str, **chosen: Any) -> int:
    """Say what a model takes of memory, whether that is free, and the largest context that fits.

    Nothing is loaded: the engine lays the model out as for a load, which takes less than a second. "tight" means that it
    fits but leaves less than 537 MB (512 MiB) free. Exit code 0 where it fits, 1 where it does not.
    """
    from graphide.inference.measure import measuring
    from graphide.models.fit import fit as judge
    from graphide.models.memory import host_memory

    if name == "echo":
        raise UsageError('"echo" is not a file: it takes no memory')
    with Workspace() as workspace:
        model = workspace.library.find(name)
        options = _options(workspace, model, chosen)
        with _measurable(model) as path, measuring(str(path), options) as measure:
            found = judge(measure, options.n_ctx, host_memory().free)
    wants_json = as_json or format_ == "json"
    streams.out(dumps(_as_json(found, options, model)) + "\n" if wants_json else _as_text(found, options, model))
    return EXIT_DOES_NOT_FIT if found.verdict == "does not fit" else EXIT_OK


def _options(workspace: Workspace, model: LibraryModel, chosen: dict[str, Any]) -> LoadOptions:
    """Return how a model is loaded here, as the settings say for it or for all, with what was asked for put over it."""
    from graphide.backends.defaults import ModelDefaults
    from graphide.models.loading import load_options

    settings = workspace.settings
    defaults = ModelDefaults(settings.model_defaults, lambda name: workspace.library.find(name).path)
    asked = {
        "n_ctx": chosen["n_ctx"], "n_parallel": chosen["parallel"], "n_gpu_layers": chosen["gpu_layers"],
        "kv_type": chosen["kv_type"], "flash_attn": chosen["flash_attn"],
    }  # fmt: skip
    usual = defaults.options(load_options(settings), model.path)
    return replace(usual, **{name: value for name, value in asked.items() if value is not None})


@contextmanager
def _measurable(model: LibraryModel) -> Iterator[Path]:
    """Give the file to measure: of one that is not complete yet, its header as long as the whole.

    Raises ModelMissing where the file is wrong in another way.
    """
    from graphide.models.gguf import read_header
    from graphide.models.gguf_check import check
    from graphide.models.header_only import header_only

    if not model.problem:
        yield model.path
        return
    unusable = ModelMissing(f'model "{model.file}" cannot be used: {model.problem}')
    if model.facts is None or len(model.parts) > 1:
        raise unusable
    header = read_header(model.path)
    if check(header, header.file_size):
        raise unusable
    streams.err(f"warning: {printable(model.file)} is not complete; its header says what follows\n")
    with TemporaryDirectory(prefix="graphide-") as folder:
        target = Path(folder) / model.file
        header_only(model.path, target)
        yield target


def _as_json(found: Fit, options: LoadOptions, model: LibraryModel) -> dict[str, Any]:
    return {
        "schema": SCHEMA, "model": model.file, "path": str(model.path), "n_ctx": found.n_ctx,
        "kv_type": options.kv_type, "kv_tokens": found.kv_tokens, "parallel": options.n_parallel,
        "weights": found.weights, "kv": found.kv, "compute": found.compute, "total": found.total, "free": found.free,
        "n_ctx_max": found.n_ctx_max, "n_ctx_train": found.n_ctx_train, "verdict": found.verdict,
        "n_gpu_layers": found.n_gpu_layers, "gpu_reason": found.gpu_reason,
        "devices": [{"device": pool.device or "main memory", "used": pool.used, "free": pool.free} for pool in found.pools],
    }  # fmt: skip


def _as_text(found: Fit, options: LoadOptions, model: LibraryModel) -> str:
    rows = [
        ("weights", size(found.weights), ""),
        ("KV cache", size(found.kv), f"{options.kv_type}, {found.kv_tokens:,} tokens"),
        ("compute", size(found.compute), ""),
        ("total", size(found.total), ""),
        ("free", size(found.free), ""),
    ]
    if len(found.pools) > 1:
        rows += [(pool.device or "main memory", size(pool.used), f"of {size(pool.free)} free") for pool in found.pools]
    width = max(len(amount) for _, amount, _ in rows)
    body = table([(name, amount.rjust(width), note) for name, amount, note in rows], indent="  ")
    head = f"{printable(model.file)}, context of {found.n_ctx:,} tokens\n"
    layers = f"layers on the GPU: {found.n_gpu_layers} ({printable(found.gpu_reason)})\n"
    return f"{head}{body}{layers}{_largest(found)}\nverdict: {_verdict(found)}\n"


def _largest(found: Fit) -> str:
    if not found.n_ctx_max:
        return "largest context that fits: none"
    trained = ", all that the model was trained for" if found.n_ctx_max == found.n_ctx_train else ""
    return f"largest context that fits: {found.n_ctx_max:,} tokens{trained}"


def _verdict(found: Fit) -> str:
    least = min(pool.left for pool in found.pools)
    match found.verdict:
        case "fits":
            return "fits"
        case "tight":
            return f"tight: only {size(least)} would stay free"
        case "does not fit":
            return f"does not fit: {size(-least)} too much"
