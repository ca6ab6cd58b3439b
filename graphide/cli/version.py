"""Which graphide this is and where its faults are reported, from the installed package. Nothing else."""

from __future__ import annotations


def version() -> str:
    """Return the version of graphide."""
    try:
        import graphide

        return str(graphide.__version__)
    except AttributeError:
        from importlib import metadata

        try:
            return metadata.version("graphide")
        except metadata.PackageNotFoundError:
            return "0 (not installed)"


def report_to() -> str:
    """Return where a fault is reported, to follow "Please report it"."""
    from importlib import metadata

    try:
        links = metadata.metadata("graphide").get_all("Project-URL") or []
    except metadata.PackageNotFoundError:
        links = []
    for link in links:
        label, _, address = link.partition(",")
        if label.strip().lower() in ("issues", "bug tracker", "tracker"):
            return f"at {address.strip()}"
    return "where you got graphide from"
