"""What the server writes down: a line for each request, and where a fault was. Never a body, a query, a prompt or a key."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from urllib.parse import quote

LOG = logging.getLogger("graphide.server")
DEBUG_VARIABLE = "GRAPHIDE_DEBUG"
_LONGEST = 200


def log_request(method: str, path: str, status: int, seconds: float) -> None:
    """Write the line of a request that was answered."""
    LOG.info(
        "%s %s %d %.1f ms", quote(method)[:20], quote(path, safe="/:@,;=+$!*'()~")[:_LONGEST], status, seconds * 1000
    )


def log_fault(error: BaseException) -> None:
    """Write what kind of error came from where: its text may have a prompt in it."""
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exception(error, file=sys.stderr)
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else "?"
    LOG.error("graphide has a fault: %s at %s; %s=1 shows more", type(error).__name__, where, DEBUG_VARIABLE)
