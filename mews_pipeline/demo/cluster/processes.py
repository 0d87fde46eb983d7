"""Start Dagster as on several machines: webserver, daemon and workers, as processes of this one."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen, run
from typing import Any

import httpx
import redis

from mews_pipeline.demo.cluster.servers import PASSWORD, catalog, object_store, redis_server
from mews_pipeline.demo.cluster.subprocesses import free_port, running_process, wait_for
from mews_pipeline.demo.cluster.webserver import FINISHED, Webserver, until
from mews_pipeline.shipped import shipped

DEPLOYED = shipped("deploy") / "distributed"
_CODE = ("-m", "mews_pipeline.definitions")
_RUNS = """
query ($filter: RunsFilter!) {
  runsOrError(filter: $filter) {
    ... on Runs { results { runId status startTime endTime tags { key value } } }
  }
}
"""


@dataclass(frozen=True)
class ClusterRun:
    """A run, as the UI shows it; `worker` is None until the worker has finished it."""

    id: str
    status: str
    seconds: float
    tags: Mapping[str, str]
    worker: str | None

    @property
    def partition(self) -> str:
        """The run's partition key, or the first key of its range."""
        first = "dagster/asset_partition_range_start"
        return self.tags.get("dagster/partition") or self.tags.get(first, "")


@dataclass
class Cluster(Webserver):
    """The running processes by name, and Dagster's GraphQL API."""

    folder: Path
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    processes: dict[str, Popen[bytes]] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def start(self, name: str, command: str, *arguments: str) -> None:
        """Start a process that logs into the cluster's folder."""
        self.processes[name] = self._stack.enter_context(
            running_process(
                [str(Path(sys.executable).with_name(command)), *arguments],
                self.folder / f"{name}.log",
                environment=self.environment,
                folder=self.folder,
            )
        )

    def start_worker(self, name: str) -> None:
        """Start a worker with the command of its systemd unit."""
        self.start(
            name, "celery", "-A", "dagster_celery.app", "worker", "-n", f"{name}@demo",
            "-Q", "dagster", "-c", "1", "--prefetch-multiplier=1",
            "--without-gossip", "--without-mingle",
        )  # fmt: skip

    def start_all(self, workers: Iterable[str]) -> None:
        """Prepare Dagster's storage and start all processes. Raises ClusterError."""
        dagster = str(Path(sys.executable).with_name("dagster"))
        run([dagster, "instance", "migrate"], env=self.environment, check=True, capture_output=True)  # noqa: S603
        for name in workers:
            self.start_worker(name)
        host = ("--host", "127.0.0.1", "--port", str(self.port))
        self.start("webserver", "dagster-webserver", *_CODE, *host)
        log = self.folder / "webserver.log"
        wait_for(lambda: httpx.get(f"{self.url}/server_info"), httpx.TransportError, log)
        # Schedules would make the demo depend on the hour; alerts stay on
        self.stop_automation("schedules")
        self.stop_automation("sensors", "missing_days")
        self.start("daemon", "dagster-daemon", "run", *_CODE)

    def stop(self) -> None:
        """Stop all processes."""
        self._stack.close()

    def runs(self, **tags: str) -> list[ClusterRun]:
        """Return the runs with these tags, or all runs without any, oldest first."""
        wanted = {"tags": [{"key": key, "value": value} for key, value in tags.items()]}
        found = self.graphql(_RUNS, filter=wanted)["results"]
        return [self._cluster_run(run) for run in reversed(found)]

    def wait_for_run(self, run_id: str, seconds: float = 300) -> ClusterRun:
        """Wait until a run has ended, and return it."""

        def finished() -> ClusterRun | None:
            return next((r for r in self.runs() if r.id == run_id and r.status in FINISHED), None)

        return until(f"the run {run_id} ends", finished, seconds)

    def _cluster_run(self, run: dict[str, Any]) -> ClusterRun:
        tags = {tag["key"]: tag["value"] for tag in run["tags"]}
        seconds = (run["endTime"] or time.time()) - (run["startTime"] or time.time())
        worker = self._worker(tags.get("dagster-celery/task_id", ""))
        return ClusterRun(run["runId"], run["status"], seconds, tags, worker)

    def _worker(self, task: str) -> str | None:
        with redis.Redis.from_url(self.environment["MEWS_REDIS_URL"]) as client:
            result = client.get(f"celery-task-meta-{task}")
        return json.loads(result).get("worker") if isinstance(result, bytes) else None


@contextmanager
def running_cluster(
    folder: Path, settings: Mapping[str, str], instance: Callable[[str], str] = str
) -> Iterator[Cluster]:
    """Run the servers and Dagster's processes with these settings, and stop them in any case.

    `instance` may change the text of dagster.yaml. The workers are called north and south.
    Raises ClusterError.
    """
    home = folder / "home"
    home.mkdir(parents=True)
    (home / "dagster.yaml").write_text(instance((DEPLOYED / "dagster.yaml").read_text()))
    with (
        catalog() as postgres,
        object_store(folder / "s3") as store,
        redis_server(folder / "redis") as address,
    ):
        for database in ("lake", "dagster"):
            postgres.add(database)
        environment = (
            os.environ
            | postgres.environment("lake")
            | store.environment()
            | dict(settings)
            | _dagster_environment(home, postgres.port)
            | {
                "MEWS_REDIS_URL": address,
                "MEWS_ANALYTICS": str(folder / "analytics.duckdb"),
                # Files of a killed worker are removed with the folder
                "TMPDIR": str(folder),
            }
        )
        cluster = Cluster(folder, environment)
        try:
            cluster.start_all(["north", "south"])
            yield cluster
        finally:
            cluster.stop()


def _dagster_environment(home: Path, postgres_port: int) -> dict[str, str]:
    return {
        "DAGSTER_HOME": str(home),
        "DAGSTER_POSTGRES_HOST": "127.0.0.1",
        "DAGSTER_POSTGRES_PORT": str(postgres_port),
        "DAGSTER_POSTGRES_DATABASE": "dagster",
        "DAGSTER_POSTGRES_USER": "lake",
        "DAGSTER_POSTGRES_PASSWORD": PASSWORD,
        "PYTHONPATH": str(DEPLOYED),
        "DO_NOT_TRACK": "1",
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }
