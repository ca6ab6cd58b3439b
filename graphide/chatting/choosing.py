"""Changes to whom one talks with, as people write them: another model, other instructions, a setting by its name.

What a name may be depends on the partner: a sampler or a length for a model, an input or a setting of a node for a graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from graphide.chatting.graphs import ANSWER
from graphide.chatting.partners import Partner, answering_node, with_graph, with_model
from graphide.errors import GraphideError, UsageError
from graphide.graph.problems import nearest
from graphide.values import Json
from graphide.workspace import Workspace

PRESET: Final = "@"
"""Stands before the name of a preset where instructions are written."""
OF_MODEL: Final = ("max_tokens", "overflow")
"""What of the model node is chosen in a chat with a model and nothing else."""


def with_setting(workspace: Workspace, partner: Partner, name: str, text: str) -> Partner:
    """Return the partner with one setting replaced by what `text` stands for; raises UsageError."""
    if partner.choices is None:
        return _graph_setting(workspace, partner, name, text)
    samplers = workspace.registry["parameters"].settings
    own = workspace.registry["model"].settings
    if name not in samplers and name not in OF_MODEL:
        known = [*OF_MODEL, *samplers]
        raise UsageError(f'there is no setting "{name}"', hint=nearest(name, known))
    field = own[name].field if name in OF_MODEL else samplers[name].field
    value = _parsed(field, name, text)
    if name in OF_MODEL:
        changes: dict[str, Any] = {name: value}
        return with_model(workspace, replace(partner.choices, **changes))
    return with_model(workspace, replace(partner.choices, sampling={**partner.choices.sampling, name: value}))


def settings_of(workspace: Workspace, partner: Partner) -> Mapping[str, Json]:
    """Return what is chosen of a partner, by the names that `with_setting` takes: of a graph, its inputs."""
    choices = partner.choices
    if choices is not None:
        return {"max_tokens": choices.max_tokens, "overflow": choices.overflow, **choices.sampling}
    said = (partner.form.message, partner.form.conversation)
    return {port.name: port.default for port in workspace.inputs(partner.document) if port.name not in said}


def with_system(workspace: Workspace, partner: Partner, text: str) -> Partner:
    """Return the partner with other instructions: a text, "@NAME" for a preset of the settings, "" for none."""
    if partner.choices is None:
        raise UsageError(
            f'"{partner.name}" is a graph, which has instructions of its own',
            hint="Change the node that holds them: /set NODE.text …, or talk with a model",
        )
    return with_model(workspace, replace(partner.choices, system=instructions(workspace, text)))


def instructions(workspace: Workspace, text: str) -> str:
    """Return the instructions that a text stands for; raises UsageError for a preset that is not there."""
    if not text.startswith(PRESET):
        return text.strip()
    presets, name = workspace.settings.system_prompts, text[len(PRESET) :].strip()
    if name not in presets:
        there = nearest(name, list(presets)) if presets else "There are none yet: put some into system_prompts"
        raise UsageError(f'there is no preset "{name}"', hint=there)
    return presets[name]


def with_model_named(workspace: Workspace, partner: Partner, name: str) -> Partner:
    """Return the partner with another model that answers; raises ModelMissing and UsageError."""
    model_behind(workspace, name)
    if partner.choices is not None:
        return with_model(workspace, replace(partner.choices, model=name, ref=None))
    node = answering_node(partner)
    spec = workspace.registry.get(partner.document.graph.nodes[node].type) if node else None
    if spec is None or not spec.model_settings:
        raise UsageError(f'the answers of "{partner.name}" are not those of one model', hint="Choose it in the graph")
    return with_graph(workspace, workspace.set(partner.document, node, spec.model_settings[0], name))


def with_overflow(workspace: Workspace, partner: Partner, policy: str) -> Partner:
    """Return the partner with another way to make a conversation fit that is too long; raises UsageError."""
    if partner.choices is not None:
        return with_setting(workspace, partner, "overflow", policy)
    return _graph_setting(workspace, partner, f"{answering_node(partner) or ANSWER}.overflow", policy)


def model_behind(workspace: Workspace, name: str) -> str:
    """Return the model that a name means: a file of the library, or the name itself where that is elsewhere.

    Raises ModelMissing or UsageError for a name that means nothing; a server is not asked.
    """
    server, slash, model = name.partition("/")
    if name == "echo" or (slash and model and server in workspace.settings.servers):
        return name
    found = workspace.library.find(name)
    if found.problem:
        raise UsageError(found.problem, where=f'model "{found.file}"')
    return found.file


def _graph_setting(workspace: Workspace, partner: Partner, name: str, text: str) -> Partner:
    node, dot, setting = name.partition(".")
    if dot:
        return with_graph(workspace, workspace.set(partner.document, node, setting, text))
    said = (partner.form.message, partner.form.conversation)
    ports = {port.name: port for port in workspace.inputs(partner.document) if port.name not in said}
    if name not in ports:
        there = f"Inputs are: {', '.join(ports)}. " if ports else ""
        raise UsageError(f'the graph has no input "{name}"', hint=f"{there}A setting of a node is NODE.SETTING")
    field = ports[name].field
    value = _parsed(field, name, text) if field is not None else text
    return with_graph(workspace, workspace.bind(partner.document, {name: value}))


def _parsed(field: Any, name: str, text: str) -> Any:
    try:
        return field.parse(text)
    except GraphideError as error:
        raise error.at(f'setting "{name}"') from None
