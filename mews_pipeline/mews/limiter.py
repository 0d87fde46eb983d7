"""Stay below the vendor's rate limit: a number of requests per access token in a sliding window.

Mews counts 200 requests in 30 seconds as they arrive (docs/mews-api.md, "Rate limit"). Requests
sent 30 seconds apart may arrive closer together, so our window is a second longer: 96.8 % of the
allowed rate, and no 429 as long as latency varies by less than a second.
"""

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Protocol

from pyrate_limiter import AbstractBucket, InMemoryBucket, Rate, RateItem, SQLiteBucket

from mews_pipeline.files import own_temporary_folder, private_file, take_own
from mews_pipeline.threads import in_thread

REQUESTS = 200
SECONDS = 30.0
MARGIN_SECONDS = 1.0

FORGET_AFTER_SECONDS = 24 * 3600

logger = logging.getLogger(__name__)


class Limiter(Protocol):
    """A limiter of requests: it decides when the next one may be made."""

    async def acquire(self) -> None:
        """Wait until a request may be made, and count it."""

    def close(self) -> None:
        """Close what is open; `acquire` opens it again."""


class Unlimited:
    """No limit: for servers that have none, and for tests of other things."""

    async def acquire(self) -> None:
        """Return at once."""

    def close(self) -> None:
        """Do nothing: nothing is open."""


def _now() -> int:
    """Return milliseconds since 1970: processes share no other clock."""
    return time.time_ns() // 1_000_000


class InProcessLimiter:
    """The limit of one process on its own. `now` returns milliseconds."""

    def __init__(
        self,
        requests: int = REQUESTS,
        seconds: float = SECONDS,
        now: Callable[[], int] = _now,
    ) -> None:
        self._now = now
        self._rate = Rate(requests, round((seconds + MARGIN_SECONDS) * 1000))
        self._bucket: AbstractBucket = InMemoryBucket([self._rate])
        self._one_at_a_time = threading.Lock()

    async def acquire(self) -> None:
        """Return when a request may be made, and count it; the event loop goes on meanwhile."""
        wait = await in_thread(self.take)
        while wait:
            await asyncio.sleep(wait / 1000)
            wait = await in_thread(self.take)

    def take(self) -> int:
        """Count a request if one may be made now: 0, or the milliseconds to wait first."""
        with self._one_at_a_time:
            return self._take()

    def close(self) -> None:
        """Do nothing: nothing is open."""

    def _take(self) -> int:
        now = self._now()
        # A request leaves the window a millisecond after its end
        longest = self._rate.interval + 1
        wait = self._wait_at(now)
        if wait <= longest:
            return wait
        # Requests of the future: the clock was set back. They count as made now.
        self._recount(now)
        return min(self._wait_at(now), longest)

    def _wait_at(self, now: int) -> int:
        item = RateItem("request", now)
        if self._bucket.put(item):
            return 0
        self._bucket.leak(now)
        wait = self._bucket.waiting(item)
        return max(1, wait) if isinstance(wait, int) else 1

    def _recount(self, now: int) -> None:
        """Move the requests that are counted in the future to now."""
        if isinstance(self._bucket, InMemoryBucket):
            for item in self._bucket.items:
                item.timestamp = min(item.timestamp, now)
            self._bucket.items.sort(key=attrgetter("timestamp"))
        elif isinstance(self._bucket, SQLiteBucket):
            with self._bucket.lock:
                self._bucket.conn.execute(
                    f"update '{self._bucket.table}' set item_timestamp = :now"
                    " where item_timestamp > :now",
                    {"now": now},
                ).close()
                self._bucket.conn.commit()


class SharedLimiter(InProcessLimiter):
    """The limit of all processes of this user on this machine together.

    Those with the same `name` share a bucket (SQLite behind a file lock) in a folder under the
    temporary folder; where that fails, each process keeps the limit on its own and logs a warning.
    """

    def __init__(
        self,
        name: str,
        requests: int = REQUESTS,
        seconds: float = SECONDS,
        folder: Path | None = None,
        now: Callable[[], int] = _now,
    ) -> None:
        super().__init__(requests, seconds, now)
        self._name = name
        self._folder = folder or default_folder()
        self._is_open = False

    def close(self) -> None:
        """Close the shared bucket; `acquire` opens it again."""
        with self._one_at_a_time:
            self._bucket.close()
            self._is_open = False

    def _take(self) -> int:
        try:
            if not self._is_open:
                self._bucket = _open_bucket(self._folder, self._name, self._rate)
                self._bucket.leak(self._now())
                self._is_open = True
            return super()._take()
        except (OSError, sqlite3.Error) as error:
            logger.warning(
                "The rate limit cannot be shared with other runs on this machine (%s: %s); "
                "this run keeps it on its own. Make %s a writable folder of yours.",
                type(error).__name__,
                error,
                self._folder,
            )
            self._bucket, self._is_open = InMemoryBucket([self._rate]), True
            return super()._take()


def default_folder() -> Path:
    """Give this user's folder for shared buckets."""
    return own_temporary_folder()


def _open_bucket(folder: Path, name: str, rate: Rate) -> SQLiteBucket:
    take_own(folder)
    path = folder / f"{name}.sqlite"
    private_file(path).touch()  # in use from here on: no other run forgets it
    _forget_old_buckets(folder)
    return SQLiteBucket.init_from_file([rate], db_path=str(path), use_file_lock=True)


@cache
def _forget_old_buckets(folder: Path) -> None:
    """Once per process: with every bucket, thousands of them would be looked through as often."""
    long_ago = time.time() - FORGET_AFTER_SECONDS
    buckets: dict[str, list[Path]] = {}
    for file in folder.iterdir():
        # SQLite writes a bucket in use to its -wal and -shm files, hardly to the bucket itself
        buckets.setdefault(file.name.partition(".sqlite")[0], []).append(file)
    for files in buckets.values():
        with suppress(FileNotFoundError):  # another run may tidy up at the same time
            if max(file.stat().st_mtime for file in files) < long_ago:
                for file in files:
                    file.unlink(missing_ok=True)
