"""The limit that several machines keep together, in a real Redis."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from mews_pipeline.demo.cluster.servers import redis_server
from mews_pipeline.mews.limiter import SharedLimiter
from mews_pipeline.mews.redis_limiter import RedisLimiter
from mews_pipeline_tests.conftest import settings_for


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis") / "data") as running:
        yield running


@pytest.mark.slow
def test_all_who_share_a_token_keep_its_limit_together(address: str) -> None:
    machines = [RedisLimiter(address, "together", requests=20) for _ in range(4)]

    with ThreadPoolExecutor(4) as pool:
        waits = list(pool.map(lambda n: machines[n % 4].take(), range(40)))

    assert waits.count(0) == 20
    assert all(0 < wait <= 31_000 for wait in waits if wait)


@pytest.mark.slow
def test_another_token_has_a_limit_of_its_own(address: str) -> None:
    assert RedisLimiter(address, "one", requests=1).take() == 0
    assert RedisLimiter(address, "one", requests=1).take() > 0
    assert RedisLimiter(address, "another", requests=1).take() == 0


@pytest.mark.slow
def test_a_closed_limiter_opens_again_and_remembers(address: str) -> None:
    limiter = RedisLimiter(address, "closed", requests=1)
    assert limiter.take() == 0
    limiter.close()
    assert limiter.take() > 0


@pytest.mark.slow
def test_after_the_servers_clock_was_set_back_the_wait_is_the_window(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter = RedisLimiter(address, "set back", requests=1)
    now = limiter._server_time()
    monkeypatch.setattr(limiter, "_now", lambda: now + 3_600_000)
    assert limiter.take() == 0
    monkeypatch.setattr(limiter, "_now", lambda: now)

    assert 0 < limiter.take() <= 31_001
    monkeypatch.setattr(limiter, "_now", lambda: now + 31_001)
    assert limiter.take() == 0


@pytest.mark.parametrize("url", ["no address", "redis://host:port/0", "http://host", ""])
def test_an_address_that_is_none_is_not_fatal(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        waits = [RedisLimiter(url, "token", requests=1).take()]

    assert waits == [0]
    assert "MEWS_REDIS_URL" in caplog.text


def test_without_redis_the_limit_is_kept_alone_and_a_warning_names_no_password(
    caplog: pytest.LogCaptureFixture,
) -> None:
    limiter = RedisLimiter("redis://:guess-me@127.0.0.1:9/0", "token", requests=2)

    with caplog.at_level(logging.WARNING):
        waits = [limiter.take() for _ in range(3)]

    assert waits[:2] == [0, 0]
    assert waits[2] > 0
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "MEWS_REDIS_URL" in caplog.text
    assert "guess-me" not in caplog.text


def test_the_settings_choose_who_shares_the_limit() -> None:
    alone = settings_for("http://127.0.0.1:9", date(2026, 1, 1))
    [token] = alone.credentials()
    assert isinstance(alone.limiter(token), SharedLimiter)
    together = settings_for("http://127.0.0.1:9", date(2026, 1, 1), redis_url="redis://redis/0")
    assert isinstance(together.limiter(token), RedisLimiter)
