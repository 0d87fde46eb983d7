"""Run a cluster in which a worker dies and a token is revoked: the others carry on."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mews_pipeline.demo.cluster.__main__ import backfill_and_wait, partition_keys, pipeline_settings
from mews_pipeline.demo.cluster.processes import Cluster, running_cluster
from mews_pipeline.demo.cluster.servers import PASSWORD, S3_SECRET
from mews_pipeline.demo.cluster.webserver import until
from mews_pipeline.sandbox import (
    Clock,
    Sandbox,
    SandboxOptions,
    World,
    create_app,
    portfolio_tokens,
    running_app,
    simulate,
    token_key,
)
from mews_pipeline.warehouse.factory import the_warehouse
from mews_pipeline_tests.defs.test_failure_alert import Chat
from mews_pipeline_tests.support.held_stays import held

pytestmark = pytest.mark.slow

START, NOW = date(2026, 2, 21), datetime(2026, 3, 6, 9, 30, tzinfo=UTC)
# Each of the groups has a token: a run of none would start processes and fetch nothing
DAYS, TOKENS, GROUPS, REVOKED = 14, 12, 6, 3
TABLES = ("reservations", "product_service_orders")


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(14, START, NOW.date(), properties=TOKENS, scale=0.2)


@pytest.fixture
def chat() -> Iterator[Chat]:
    listening = Chat()
    yield listening
    listening.close()


@pytest.fixture(autouse=True)
def _daemon_that_looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start the daemon of the tests in place of the shipped command."""
    genuine = Cluster.start

    def start(cluster: Cluster, name: str, command: str, *arguments: str) -> None:
        if name == "daemon":
            command = "python"
            arguments = ("-m", "mews_pipeline_tests.support.daemon", *arguments)
        genuine(cluster, name, command, *arguments)

    monkeypatch.setattr(Cluster, "start", start)


def impatient(instance: str) -> str:
    """Shorten the intervals at which dagster.yaml looks for runs whose worker is gone."""
    changed = instance.replace("interval_seconds: 30", "interval_seconds: 2")
    return changed.replace("max_runtime_seconds: 14400", "max_runtime_seconds: 90")


def group_of(key: str) -> str:
    return f"{int(key, 16) % GROUPS:03}-of-{GROUPS}"


def visible(world: World, table: str) -> set[str]:
    """Return the ids of what was updated since the start, except of the revoked token's hotels.

    What is fetched by stay dates, whenever it was updated, came before the token was revoked.
    """
    hidden = {prop.id for prop in world.properties[REVOKED::TOKENS]}
    services = {s["Id"]: s["EnterpriseId"] for s in world.as_of("services", NOW)}
    by_stay = {record["Id"] for record in held(world, NOW)} if table == "reservations" else set()
    return by_stay | {
        record["Id"]
        for record in world.as_of(table, NOW)
        if services[record["ServiceId"]] not in hidden and record["UpdatedUtc"] >= START.isoformat()
    }


def kill_in_mid_fetch(cluster: Cluster, sandbox: Sandbox) -> None:
    """Kill the worker north, and its run, while it waits for its next page."""
    sandbox.options.latency_seconds = 5
    sandbox.log.requests.clear()

    def is_fetching() -> bool:
        active = {
            group_of(request.token_key)
            for request in list(sandbox.log.requests)
            if request.token_key and request.token_key not in sandbox.options.revoked_tokens
        }
        return any(
            run.partition.partition("|")[2] in active
            for run in cluster.runs()
            if run.status == "STARTED" and run.worker == "north@demo"
        )

    until("north fetches", is_fetching, 240)
    os.killpg(cluster.processes["north"].pid, signal.SIGKILL)
    sandbox.options.latency_seconds = 0
    cluster.start_worker("north")


def test_a_killed_worker_and_a_revoked_token_hold_no_other_run_back(
    world: World, chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = portfolio_tokens(world, TOKENS)
    app = create_app(world, Clock(NOW), SandboxOptions(token_groups=TOKENS))
    sandbox: Sandbox = app.state.sandbox
    with running_app(app) as address:
        settings = pipeline_settings(address, tokens, START, GROUPS) | {
            "MEWS_ALERT_WEBHOOK": chat.url
        }
        with running_cluster(tmp_path, settings, impatient) as cluster:
            assert cluster.wait_for_run(cluster.launch("reference_data")).status == "SUCCESS"
            sandbox.options.revoked_tokens.add(token_key(tokens[REVOKED]))
            with ThreadPoolExecutor(1) as pool:
                killing = pool.submit(kill_in_mid_fetch, cluster, sandbox)
                runs = backfill_and_wait(cluster, partition_keys(START, DAYS, GROUPS), GROUPS, 900)
                killing.result()
            until("the alert", lambda: chat.texts or None, 120)
            for name, value in cluster.environment.items():
                monkeypatch.setenv(name, value)
            with the_warehouse().open() as lake:
                kept = {table: versions(lake, table) for table in TABLES}

    last = {run.partition: run.status for run in runs}
    bad = f"{START}|{group_of(token_key(tokens[REVOKED]))}"
    assert last.pop(bad) == "FAILURE"
    assert list(last.values()) == ["SUCCESS"] * (GROUPS - 1)
    assert any("dagster/parent_run_id" in run.tags for run in runs), "nothing was retried"
    assert {run.worker for run in runs if run.worker} == {"north@demo", "south@demo"}
    [text] = chat.texts
    assert bad in text
    for log in tmp_path.glob("*.log"):
        for secret in (PASSWORD, S3_SECRET, *tokens):
            assert secret.encode() not in log.read_bytes(), log
    for table, found in kept.items():
        assert len(found) == len(set(found)), f"a version of {table} came twice"
        assert {id_ for id_, *_ in found} == visible(world, table)


def versions(lake: duckdb.DuckDBPyConnection, table: str) -> list[tuple[Any, ...]]:
    """Return what identifies each version in a table."""
    return lake.execute(f"select id, updated_utc, _hash from raw.{table}").fetchall()
