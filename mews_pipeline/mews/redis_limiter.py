"""Stay below the vendor's rate limit on several machines: a bucket per access token in Redis."""

import logging

from pyrate_limiter import RedisBucket
from redis import Redis, RedisError

from mews_pipeline.mews.limiter import REQUESTS, SECONDS, InProcessLimiter

_PATIENCE_SECONDS = 5
# Long after the window: unused buckets expire
_FORGET_AFTER_SECONDS = 3600

# Requests that are counted in the future count as made now
_RECOUNT = """
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf')) do
    redis.call('ZADD', KEYS[1], ARGV[1], member)
end
"""

logger = logging.getLogger(__name__)


class RedisLimiter(InProcessLimiter):
    """The limit of all processes with the same bucket in the same Redis, by that server's clock.

    Where Redis fails, or the address is none, each process keeps the limit on its own from then on
    and logs a warning, without the address, which may hold a password.
    """

    def __init__(
        self, url: str, name: str, requests: int = REQUESTS, seconds: float = SECONDS
    ) -> None:
        super().__init__(requests, seconds, self._server_time)
        self._requests, self._seconds = requests, seconds
        self._key = f"mews_pipeline:limit:{name}"
        self._own: InProcessLimiter | None = None
        try:
            self._redis = Redis.from_url(
                url, socket_timeout=_PATIENCE_SECONDS, socket_connect_timeout=_PATIENCE_SECONDS
            )
        except ValueError as error:
            self._redis = Redis()
            self._keep_on_its_own(error)

    def close(self) -> None:
        """Let go of the connections; `acquire` opens them again."""
        self._redis.close()

    def _take(self) -> int:
        if self._own:
            return self._own.take()
        try:
            if not isinstance(self._bucket, RedisBucket):
                self._bucket = RedisBucket.init([self._rate], self._redis, self._key)
            # Always: the bucket does not count what is in the future
            self._recount(self._now())
            wait = super()._take()
            self._redis.expire(self._key, _FORGET_AFTER_SECONDS)
        except (RedisError, OSError, ValueError) as error:
            return self._keep_on_its_own(error).take()
        return wait

    def _keep_on_its_own(self, error: Exception) -> InProcessLimiter:
        logger.warning(
            "The rate limit cannot be shared with other machines (%s); this run keeps it on its "
            "own. Look whether MEWS_REDIS_URL is an address as redis://host:6379/0, and whether "
            "its Redis runs.",
            type(error).__name__,
        )
        self._own = InProcessLimiter(self._requests, self._seconds)
        return self._own

    def _recount(self, now: int) -> None:
        self._redis.eval(_RECOUNT, 1, self._key, now)

    def _server_time(self) -> int:
        seconds, microseconds = self._redis.time()
        return int(seconds) * 1000 + int(microseconds) // 1000
