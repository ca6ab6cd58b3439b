"""Room on the disk for downloads: whether there is enough before one begins, and giving back what one has taken."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from graphide.models.download_job import Request, bytes_there
from graphide.models.download_part import DiskFull, PartFile, part_of

KEPT_FREE = 64 << 20
"""Bytes of the disk that downloads leave free."""


def check_room(request: Request, beside: Iterable[Request]) -> None:
    """Raise DiskFull where the rest of a download and of the running ones `beside` it does not fit onto its disk."""
    folder = _existing(request.folder)
    with suppress(OSError):
        free, disk = shutil.disk_usage(folder).free, folder.stat().st_dev
        same = [each for each in beside if _existing(each.folder).stat().st_dev == disk]
        needed = sum(max(0, each.size - bytes_there(each)) for each in (request, *same))
        if needed + KEPT_FREE > free:
            raise DiskFull(
                f"{needed:,} bytes are still to come, {free:,} are free",
                where=str(request.folder),
                hint="Make room, or choose another folder; then resume",
            )


def delete_parts(request: Request) -> None:
    """Delete the unfinished files of a download; raises PartBusy where another process writes one."""
    for target in request.targets:
        if part_of(target).exists():
            with suppress(OSError):
                PartFile(target).delete()


def _existing(folder: Path) -> Path:
    """Return the nearest folder that is there already."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
