"""Bring the copy to each target, so that one that fails holds up neither the others nor the copy.

A hard link to the copy that a target was brought last is kept beside the copy. It tells what has
changed for this target since, however often it was out of reach.
"""

import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from mews_pipeline.errors import PipelineError
from mews_pipeline.files import PRIVATE_FILE, private_folder
from mews_pipeline.publish.targets.copies import BEFORE, NEWEST, Copies, TargetError
from mews_pipeline.publish.targets.kinds import Target
from mews_pipeline.settings import PublishSettings
from mews_pipeline.warehouse.base import Config
from mews_pipeline.warehouse.file import bounded
from mews_pipeline.warehouse.quoting import literal

_MEMORY = "1GB"
_PATIENCE_SECONDS = 600
# PostgreSQL's driver repeats the whole connection string in its errors
_PASSWORDS = re.compile(r"(password|token)\s*=\s*('(?:\\.|[^'\\])*'|[^\s\"']+)", re.IGNORECASE)
_MOST_CHARACTERS = 300


@dataclass(frozen=True)
class Outcome:
    """What became of one target: what was written, or why it is as it was."""

    target: str
    written: str | None
    failure: str | None
    seconds: float


def bring(
    targets: Iterable[Target],
    analytics: Path,
    settings: PublishSettings,
    *,
    in_full: bool = False,
) -> list[Outcome]:
    """Bring the published copy to each target, in turn, and say what became of each.

    A target takes only what has changed since it was brought the copy last, where it can, unless
    everything is asked for `in_full`. One that fails keeps what it had, and the next call tries it
    again.
    """
    return [_outcome(target, analytics, settings, in_full=in_full) for target in targets]


def _outcome(
    target: Target, analytics: Path, settings: PublishSettings, *, in_full: bool
) -> Outcome:
    began = time.monotonic()
    written = failure = None
    try:
        with _copies(target, analytics, in_full=in_full) as copies:
            written = target.bring(copies)
    except (PipelineError, duckdb.Error, OSError) as error:
        failure = _short(settings.without_secrets(_PASSWORDS.sub(r"\1=***", str(error))))
    return Outcome(target.name, written, failure, time.monotonic() - began)


def _short(message: str) -> str:
    """Return the first line that says something, which holds no secret any more."""
    line = next((line.strip() for line in message.splitlines() if line.strip()), "unknown")
    return line if len(line) <= _MOST_CHARACTERS else f"{line[:_MOST_CHARACTERS]} …"


@contextmanager
def _copies(target: Target, analytics: Path, *, in_full: bool) -> Iterator[Copies]:
    """Attach the newest copy and what the target was brought last; remember it at the end."""
    folder = private_folder(analytics.with_name(f".{analytics.name}.targets"))
    name = md5(target.name.encode(), usedforsecurity=False).hexdigest()
    newest, before = folder / f"{name}.newest", folder / f"{name}.brought"
    with _alone(folder / f"{name}.lock"):
        newest.unlink(missing_ok=True)
        _keep(analytics, newest)
        with duckdb.connect(config=_config()) as connection:
            connection.execute("set TimeZone = 'UTC'")
            connection.execute(f"attach {literal(str(newest))} as {NEWEST} (read_only)")
            yield Copies(connection, not in_full and _attach_before(connection, before))
        newest.replace(before)


def _attach_before(connection: duckdb.DuckDBPyConnection, before: Path) -> bool:
    """Attach what the target was brought last, where that is there and can be read."""
    if not before.exists():
        return False
    with suppress(duckdb.Error):
        connection.execute(f"attach {literal(str(before))} as {BEFORE} (read_only)")
        return True
    return False


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    try:
        with FileLock(path, timeout=_PATIENCE_SECONDS, mode=PRIVATE_FILE):
            yield
    except Timeout:
        raise TargetError("Another publishing has been bringing the copy there for long.") from None


def _keep(analytics: Path, link: Path) -> None:
    """Keep the copy under another name, which costs nothing on most file systems."""
    try:
        os.link(analytics, link)
    except FileNotFoundError:
        raise TargetError(f"There is no published copy {analytics} yet.") from None
    except OSError:
        shutil.copy2(analytics, link)


def _config() -> Config:
    """Bound the memory; extensions are loaded from their packages and never downloaded."""
    return bounded(_MEMORY) | {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
