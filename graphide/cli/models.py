"""`graphide models`: the group of commands on the GGUF files of this machine and of the hub. Each has a module of its own."""

from __future__ import annotations

import click

from graphide.cli.fit import fit
from graphide.cli.models_alias import alias
from graphide.cli.models_files import rm, verify
from graphide.cli.models_list import info, list_, scan
from graphide.cli.models_pull import pull
from graphide.cli.models_search import search
from graphide.cli.models_show import show


@click.group(short_help="Find, download and look after models.")
def models() -> None:
    """Find models (GGUF files) on the hub, download them, and look after those of this machine."""


for _command in (search, show, pull, list_, info, fit, scan, alias, verify, rm):
    models.add_command(_command)
