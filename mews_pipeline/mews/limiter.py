"""The vendor's limit, kept rather than met: so many requests per access token in a sliding window.

Mews counts 200 requests in 30 seconds at its own door (MEWS.md 4). Requests that leave here
30 seconds apart may arrive closer together, so the window kept here is a second longer: 96.8 % of
the allowed rate, and no 429 as long as the way there varies by less than a second.
"""

import asyncio
import logging
import os
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Protocol

from pyrate_limiter import AbstractBucket, InMemoryBucket, Rate, RateItem, SQLiteBucket

REQUESTS = 200
SECONDS = 30.0
MARGIN_SECONDS = 1.0

FORGET_AFTER_SECONDS = 24 * 3600

logger = logging.getLogger(__name__)


class Limiter(Protocol):
    """Whatever says when the next request may be made."""

    async def acquire(self) -> None:
        """Return when a request may be made, and count it."""


class Unlimited:
    """No limit: for servers that have none, and for tests of other things."""

    async def acquire(self) -> None:
        """Return at once."""


class InProcessLimiter:
    """The limit kept by one process on its own."""

    def __init__(self, requests: int = REQUESTS, seconds: float = SECONDS) -> None:
        self._bucket = InMemoryBucket([_rate(requests, seconds)])

    async def acquire(self) -> None:
        """Return when a request may be made, and count it."""
        while wait := _take(self._bucket):
            await _milliseconds(wait)


class SharedLimiter:
    """The limit kept by all processes of this user on this machine together.

    They share a bucket (SQLite behind a file lock) in a folder under the temporary folder; where
    that cannot be had, each process keeps the limit on its own, and a warning says so.
    """

    def __init__(
        self,
        name: str,
        requests: int = REQUESTS,
        seconds: float = SECONDS,
        folder: Path | None = None,
    ) -> None:
        self._name = name
        self._rate = _rate(requests, seconds)
        self._folder = folder or default_folder()
        self._bucket: AbstractBucket | None = None

    async def acquire(self) -> None:
        """Return when a request may be made, and count it; the event loop goes on meanwhile."""
        while wait := await asyncio.to_thread(self._milliseconds_to_wait):
            await _milliseconds(wait)

    def _milliseconds_to_wait(self) -> int:
        try:
            if self._bucket is None:
                self._bucket = _open_bucket(self._folder, self._name, self._rate)
            return _take(self._bucket)
        except (OSError, sqlite3.Error) as error:
            logger.warning(
                "The rate limit cannot be shared with other runs on this machine (%s: %s); "
                "this run keeps it on its own. Make %s writable.",
                type(error).__name__,
                error,
                self._folder,
            )
            self._bucket = InMemoryBucket([self._rate])
            return _take(self._bucket)


async def _milliseconds(wait: int) -> None:
    await asyncio.sleep(wait / 1000)


def default_folder() -> Path:
    """Give this user's folder for shared buckets."""
    user = os.getuid() if hasattr(os, "getuid") else "user"
    return Path(tempfile.gettempdir()) / f"mews_pipeline-{user}"


def _rate(requests: int, seconds: float) -> Rate:
    return Rate(requests, round((seconds + MARGIN_SECONDS) * 1000))


def _take(bucket: AbstractBucket) -> int:
    """Take a place in the window; 0, or the milliseconds after which to try again."""
    now = time.time_ns() // 1_000_000
    item = RateItem("request", now)
    if bucket.put(item):
        return 0
    bucket.leak(now)
    wait = bucket.waiting(item)
    return max(1, wait) if isinstance(wait, int) else 1


def _open_bucket(folder: Path, name: str, rate: Rate) -> SQLiteBucket:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if hasattr(os, "getuid") and (folder.is_symlink() or folder.stat().st_uid != os.getuid()):
        raise PermissionError(f"{folder} belongs to somebody else")
    folder.chmod(0o700)
    _forget_old_buckets(folder)
    path = folder / f"{name}.sqlite"
    return SQLiteBucket.init_from_file([rate], db_path=str(path), use_file_lock=True)


def _forget_old_buckets(folder: Path) -> None:
    long_ago = time.time() - FORGET_AFTER_SECONDS
    for path in folder.glob("*.sqlite*"):
        if path.stat().st_mtime < long_ago:
            path.unlink(missing_ok=True)
