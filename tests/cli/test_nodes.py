"""nodes list and show: the node types of this machine."""

from __future__ import annotations

import pytest
from cli.command import Command


def test_node_types_are_listed_by_category(graphide_: Command) -> None:
    lines = graphide_("nodes", "list").out.splitlines()
    assert any(line.split()[:2] == ["prompt", "template"] for line in lines)
    assert [line.split()[0] for line in lines] == sorted(line.split()[0] for line in lines)
    listed = graphide_("nodes", "list", "--format", "json").json
    assert {"system", "context", "variable", "parameters", "model", "output"} <= {each["type"] for each in listed}
    assert len(listed) == len(lines)


def test_a_node_type_is_explained(graphide_: Command) -> None:
    page = graphide_("nodes", "show", "model").out
    assert page.startswith("model  (model, version 1)\n")
    for piece in (
        "Inputs\n  prompt ",
        "\nOutputs\n  text ",
        "\nSettings\n  model ",
        "default: 512",
        "Longest reply, in tokens",
    ):
        assert piece in page
    body = graphide_("nodes", "show", "model", "--format", "json").json
    assert body["settings"][1]["name"] == "max_tokens" and body["settings"][1]["default"] == 512
    assert "follow from its settings" in graphide_("nodes", "show", "template").out


@pytest.mark.usefixtures("plugin")
def test_a_plugin_says_where_it_comes_from(graphide_: Command) -> None:
    assert "for_tests.py" in graphide_("nodes", "show", "slow").out


def test_an_unknown_node_type_has_a_nearest_one(graphide_: Command) -> None:
    assert graphide_("nodes", "show", "modle", code=2).err == (
        'error: there is no node type "modle". Did you mean "model"?\n'
    )
