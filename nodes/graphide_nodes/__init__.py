"""The built-in node types, one small file each, registered through the door that third parties use.

The node files do without `from __future__ import annotations`: their annotations are read when they are registered, and
reading them from text takes four times as long.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from graphide_nodes.context import context
from graphide_nodes.conversation import conversation
from graphide_nodes.fallback import fallback
from graphide_nodes.filter import filter_
from graphide_nodes.if_ import if_
from graphide_nodes.join import join
from graphide_nodes.json_path import json_path
from graphide_nodes.loop import loop
from graphide_nodes.map import map_
from graphide_nodes.message import message
from graphide_nodes.model import model
from graphide_nodes.note import note
from graphide_nodes.output import output
from graphide_nodes.parameters import parameters
from graphide_nodes.parse_json import parse_json
from graphide_nodes.regex import regex
from graphide_nodes.score import score
from graphide_nodes.split import split
from graphide_nodes.subgraph import subgraph
from graphide_nodes.switch import switch
from graphide_nodes.system import system
from graphide_nodes.template import template
from graphide_nodes.variable import variable
from graphide_nodes.zip import zip_


class Registrar(Protocol):
    """What a package of nodes is given to register its types with."""

    def add(self, function: Callable[..., Any]) -> Any:
        """Register one function marked with `@node`."""
        ...


def register(registrar: Registrar) -> None:
    """Register every built-in node type, in the order of the palette."""
    for function in (
        *(variable, system, context, template, message, conversation),
        *(parameters, model, output),
        *(join, split, regex, parse_json, json_path, filter_, zip_),
        *(if_, switch, map_, loop, fallback, subgraph),
        *(score, note),
    ):
        registrar.add(function)
