"""What each setting is for: one table from which the dialog, the command, error messages and the reference are made.

`check` says whether a value fits its setting, `parse` reads what a person typed. What settings do is the business of
whoever reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any, Final, Literal, get_args

from graphide.errors import GraphideError, UsageError
from graphide.settings import kinds
from graphide.settings.kinds import Bounds, Kind
from graphide.settings.values import DEFAULTS, Overflow, Theme
from graphide.values import Json, KvType, Sampling

Group = Literal[
    "General", "Models and memory", "Downloads and network", "Chat and privacy", "Servers", "Per model", "Server"
]
GROUPS: Final[tuple[Group, ...]] = get_args(Group)


@dataclass(frozen=True, slots=True)
class Described:
    """One setting: what it is for, in which unit its value counts, and what fits. `means` says what special values mean.

    `later`: a change counts from the next start of a program.
    """

    name: str
    group: Group
    label: str
    help: str
    kind: Kind
    default: Json
    unit: str = ""
    bounds: Bounds = Bounds()
    means: Mapping[Json, str] | None = None
    later: bool = False

    @property
    def noun(self) -> str:
        """What fits, as a person says it."""
        return kinds.noun(self.kind, self.bounds)

    def written(self, value: Any) -> str:
        """Return a value as a person types it."""
        return kinds.written(self.kind, value)

    def said(self, value: Any) -> str:
        """Return a value as a person reads it: with its unit, or what it means."""
        meaning = (self.means or {}).get(value) if isinstance(value, str | int | float) else None
        return meaning or ("none" if value in ("", [], (), {}) else f"{self.written(value)} {self.unit}".strip())

    def problem(self, value: Any) -> str:
        """Return the sentence that says why a value does not fit, "" when it does."""
        return "" if kinds.fits(self.kind, self.bounds, value) else f'"{self.name}" is {self.noun}'

    def parse(self, text: str) -> Any:
        """Return the value that a typed text stands for; raises UsageError where it does not fit."""
        try:
            value = kinds.parse(self.kind, text)
        except UsageError as error:
            raise UsageError(f'"{self.name}" is {self.noun}; {error.message}', hint=error.hint) from None
        check(self.name, value, self)
        return stored(self.kind, value)


def _one(
    name: str, group: Group, label: str, help: str, kind: Kind, *, low: float | None = None, high: float | None = None,
    choices: tuple[str, ...] = (), unit: str = "", means: Mapping[Json, str] | None = None, later: bool = False,
) -> Described:  # fmt: skip
    return Described(
        name, group, label, help, kind, DEFAULTS[name], unit, Bounds(low, high, choices), means, later
    )  # fmt: skip


_LOOK: Final = (
    _one("theme", "General", "Theme", "How the window looks", "choice", choices=get_args(Theme)),
    _one("scale", "General", "Size of everything", "Text, nodes and buttons of the window together, 1 is 100 %", "number", low=0.5, high=3),
    _one("parallel", "General", "Steps at one time", "How many nodes of a graph may work at the same time", "whole", low=1, high=1024, unit="steps"),
    _one("cache_bytes", "General", "Results kept on disk", "So that what did not change is not computed again", "bytes", low=0, means={0: "none"}, later=True),
)  # fmt: skip
_MODELS: Final = (
    _one("model_folders", "Models and memory", "Folders of models", "GGUF files below these are used where they are, beside those in graphide's own folder", "texts"),
    _one("aliases", "Models and memory", "Names for models", 'Your own names; "default" is the model of graphs that name no other', "names"),
    _one("n_ctx", "Models and memory", "Context", "Room for the prompt and the answer together", "whole", low=0, high=10_485_760, unit="tokens", means={0: "the model's own, up to 4,096 tokens"}),
    _one("n_gpu_layers", "Models and memory", "Layers on the GPU", "How much of a model the GPU takes; the rest stays with the processor", "whole", low=-1, unit="layers", means={-1: "as many as fit", 0: "none"}),
    _one("n_threads", "Models and memory", "Threads", "How many cores answer", "whole", low=0, high=1024, unit="threads", means={0: "as many as the machine has cores"}),
    _one("kv_type", "Models and memory", "Numbers in the cache", "Smaller ones take less memory for long contexts, and lose a little", "choice", choices=get_args(KvType)),
    _one("n_parallel", "Models and memory", "Requests at one time", "How many requests one model answers together", "whole", low=1, high=256, unit="requests"),
    _one("keep_alive", "Models and memory", "Keep a model loaded", "For how long after its last answer", "whole", low=-1, unit="seconds", means={-1: "always", 0: "not at all"}, later=True),
    _one("memory_budget", "Models and memory", "Memory for models", "All that are loaded together", "bytes", low=0, means={0: "what is free"}, later=True),
    _one("prefix_cache_bytes", "Models and memory", "Beginnings of prompts kept", "On disk, so that the same beginning is not read again", "bytes", low=0, means={0: "none"}),
)  # fmt: skip
_NETWORK: Final = (
    _one("network", "Downloads and network", "Use the network", "Off: no hub, no downloads, and no servers but those on this machine", "toggle"),
    _one("hub", "Downloads and network", "Address of the hub", "Where models are searched for: Hugging Face, or a mirror that speaks like it", "address", means={"": "Hugging Face, or HF_ENDPOINT of the environment"}),
    _one("download_rate", "Downloads and network", "Speed of downloads", "All downloads together, at most", "bytes", low=0, unit="a second", means={0: "no limit"}),
    _one("download_parallel", "Downloads and network", "Downloads at one time", "The others wait in line", "whole", low=1, high=16, unit="downloads"),
)  # fmt: skip
_CHAT: Final = (
    _one("keep_chats", "Chat and privacy", "Keep chats", "Write chats down, to find them again; off: they are gone when they are closed", "toggle"),
    _one("chat_days", "Chat and privacy", "Delete old chats", "After so many days without a message; those that are pinned stay", "whole", low=0, high=36_500, unit="days", means={0: "never"}),
    _one("keep_runs", "Chat and privacy", "Keep runs", "Write runs and their outputs down, to see them next time", "toggle"),
    _one("overflow", "Chat and privacy", "When a chat gets too long", "What is left out of a chat with a model: the oldest turns, those in the middle, or nothing, and it stops", "choice", choices=get_args(Overflow)),
    _one("system_prompts", "Chat and privacy", "System prompts", "Texts by name, to choose from when a chat begins", "names"),
)  # fmt: skip
_REST: Final = (
    _one("servers", "Servers", "Servers", 'Addresses of OpenAI-compatible servers by name; "NAME/MODEL" is then a model', "addresses"),
    _one("model_defaults", "Per model", "Defaults of models", "How single models are loaded, and how they choose words where no parameters node says it", "objects"),
    _one("serve_host", "Server", "Address to listen on", "127.0.0.1: programs of this machine only", "text", later=True),
    _one("serve_port", "Server", "Port", "Where the server is reached", "whole", low=0, high=65_535, means={0: "any free one"}, later=True),
)  # fmt: skip

SETTINGS: Final[Mapping[str, Described]] = {each.name: each for each in (*_LOOK, *_MODELS, *_NETWORK, *_CHAT, *_REST)}
"""All settings by name, in the order in which they are shown."""

LOADING: Final = ("n_ctx", "n_gpu_layers", "n_threads", "kv_type")
"""What of a model's defaults counts when it is loaded; the others are the names of samplers."""


def _sampler(name: str, default: Any) -> Described:
    kind: Kind = (
        "names" if isinstance(default, Mapping) else "texts" if isinstance(default, tuple)
        else "whole" if isinstance(default, int) else "number"
    )  # fmt: skip
    return Described(name, "Per model", name, "A sampler: see the node type parameters", kind, default)


MODEL_SETTINGS: Final[Mapping[str, Described]] = {
    **{name: SETTINGS[name] for name in LOADING},
    **{
        each.name: _sampler(each.name, getattr(Sampling(), each.name))
        for each in fields(Sampling)
        if each.name != "seed"
    },
}
"""What may be said of a single model, by name; not the seed, which is that of a run."""


def described(name: str) -> Described:
    """Return what is known of a setting; raises UsageError with the nearest name for one that is none."""
    if name not in SETTINGS:
        raise unknown("setting", name, SETTINGS)
    return SETTINGS[name]


def check(name: str, value: Any, setting: Described | None = None) -> None:
    """Raise UsageError that names the setting where a JSON value does not fit it."""
    setting = setting or described(name)
    if sentence := setting.problem(value):
        raise UsageError(sentence)
    if name == "servers":
        _check_names(value)
    if name == "model_defaults":
        for model, chosen in value.items():
            _check_model(model, chosen)


def stored(kind: Kind, value: Any) -> Any:
    """Return a checked JSON value as the settings hold it."""
    return tuple(value) if kind == "texts" else value


def unknown(what: str, name: str, names: Iterable[str]) -> UsageError:
    """Return the error for a name that is none, with the nearest that there is."""
    names = tuple(names)
    near = get_close_matches(name, names, n=1)
    hint = f'Did you mean "{near[0]}"?' if near else f"There are: {', '.join(names)}"
    return UsageError(f'there is no {what} "{name}"', hint=hint)


def _check_names(servers: Mapping[str, str]) -> None:
    for name in servers:
        if (
            name == "echo"
            or not name
            or name.startswith(".")
            or not all(char.isalnum() or char in "-_." for char in name)
        ):
            raise UsageError(f'"servers": "{name}" cannot be the name of a server', hint="Use letters, digits, - and _")


def _check_model(model: str, chosen: Mapping[str, Any]) -> None:
    where = f'"model_defaults" of "{model}"'
    if not model.strip():
        raise UsageError('"model_defaults" needs names of models')
    for name, value in chosen.items():
        try:
            if name not in MODEL_SETTINGS:
                raise unknown("setting of a model", name, MODEL_SETTINGS)
            _check_one(MODEL_SETTINGS[name], value)
        except GraphideError as error:
            raise UsageError(f"{where}: {error.message}", hint=error.hint) from None


def _check_one(setting: Described, value: Any) -> None:
    if setting.name == "logit_bias":
        if not kinds.fits("objects", Bounds(), {"": value}) or not all(
            kinds.fits("number", Bounds(), bias) for bias in value.values()
        ):
            raise UsageError('"logit_bias" is an object of numbers')
    elif sentence := setting.problem(value):
        raise UsageError(sentence)
