"""The shipped definitions, but that a landing stops in mid-transaction where a test wants it to."""

import os
import signal
from pathlib import Path
from typing import Any

from mews_pipeline.definitions import defs  # noqa: F401
from mews_pipeline.warehouse import landing

_insert_fetch = landing._insert_fetch


def _stopped_before(*arguments: Any) -> None:
    """The window's rows are in, its line in `raw.fetches` is not, and nothing is committed."""
    wanted = Path(os.environ["STOP_FILE"])
    if wanted.exists():
        wanted.unlink()
        os.kill(os.getpid(), signal.SIGSTOP)
    _insert_fetch(*arguments)


landing._insert_fetch = _stopped_before  # type: ignore[assignment]
