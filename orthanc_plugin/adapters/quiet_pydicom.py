"""Keep pydicom from the log: its warnings quote what stands in a file."""

from __future__ import annotations

import logging
import warnings


def hush() -> None:
    """Let neither warnings nor log lines of pydicom out; what it cannot read is seen by its exceptions."""
    warnings.filterwarnings("ignore", module=r"pydicom\b")
    logger = logging.getLogger("pydicom")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
