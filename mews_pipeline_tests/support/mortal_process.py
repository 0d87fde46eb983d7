"""A process that lives days of the pipeline, and may die on the way by kill -9.

It fetches, builds, publishes and exports.
What it does is counted, stage by stage: calls of DuckDB and of the file system, requests, lines of
dbt. A life without a death writes the counts; another one dies at the event it is given.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from mews_pipeline.extract.entities import UPDATED
from mews_pipeline.ingest import Ingest
from mews_pipeline.mews import MewsClient
from mews_pipeline.publish import export, publish
from mews_pipeline.settings import Settings, load
from mews_pipeline.warehouse.base import Warehouse
from mews_pipeline.warehouse.factory import the_warehouse
from mews_pipeline.warehouse.landing import Run
from mews_pipeline_tests.support.dbt import DBT_PROJECT

STAGES = ("fetch", "landing", "dbt", "publish", "export")
MODELS = ("build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
_FILES = {"chmod", "fchmod", "fsync", "mkdir", "open", "rename", "replace", "rmdir", "unlink"}


@dataclass(frozen=True)
class Death:
    """When to die: at which event of which stage, how many seconds later, alone or with dbt."""

    stage: str
    event: int
    seconds: float = 0.0
    is_alone: bool = True

    def come(self) -> None:
        """Die, in the middle of whatever comes next."""
        if self.seconds:
            threading.Timer(self.seconds, self._strike).start()
        else:
            self._strike()

    def _strike(self) -> None:
        if not self.is_alone:
            os.killpg(0, signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Life:
    """What has happened so far, and the death that is to come."""

    death: Death | None
    counts: Counter[str] = field(default_factory=Counter)

    def event(self, stage: str) -> None:
        """Count an event; die at the one that was given."""
        self.counts[stage] += 1
        death = self.death
        if death and death.stage == stage and self.counts[stage] == death.event:
            death.come()

    @contextmanager
    def stage(self, name: str, in_threads: str | None = None) -> Iterator[None]:
        """Count the calls made meanwhile; those of other threads as events of another stage."""
        main = threading.current_thread()

        def watch(_: Any, event: str, called: Any) -> None:
            if event in {"c_call", "c_return"} and _is_of_interest(called):
                is_main = threading.current_thread() is main
                self.event(name if is_main or not in_threads else in_threads)

        threading.setprofile(watch)
        sys.setprofile(watch)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)


def _is_of_interest(called: Any) -> bool:
    module = getattr(called, "__module__", None)
    return module == "_duckdb" or (module == "posix" and called.__name__ in _FILES)


def _count_requests(life: Life) -> None:
    post = MewsClient._post

    async def counted(*arguments: Any) -> Any:
        life.event("fetch")
        answer = await post(*arguments)
        life.event("fetch")
        return answer

    MewsClient._post = counted  # type: ignore[method-assign, assignment]


def _fetch(warehouse: Warehouse, settings: Settings, run: Run, days: list[date]) -> None:
    work = Ingest(settings, warehouse, run, lambda _: None)
    for reports in (work.reference(), work.updates(UPDATED, days)):
        errors = [error for report in reports.values() for error in report.errors]
        assert errors == []


def _build(warehouse: Warehouse, life: Life) -> None:
    """Build the models, as Dagster does: with the lock held and dbt as a child."""
    command = [str(Path(sys.executable).with_name("dbt")), "--log-format", "json", *MODELS]
    command += ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    # By its name in its folder: dbt would parse all models again for another path
    path = Path(warehouse.environment["MEWS_WAREHOUSE"])
    with (
        warehouse.lock(lambda _: None),
        subprocess.Popen(
            command,
            cwd=path.parent,
            env=os.environ | {"MEWS_WAREHOUSE": path.name},
            stdout=subprocess.PIPE,
            text=True,
        ) as dbt,
    ):
        assert dbt.stdout
        said = []
        for line in dbt.stdout:
            said.append(line)
            life.event("dbt")
    assert dbt.returncode == 0, "".join(said)[-4000:]


def main(run: Run, days: list[date], death: Death | None, counts: Path) -> None:
    """Live in the warehouse of the settings."""
    settings, warehouse, life = load(Settings), the_warehouse(), Life(death)
    _count_requests(life)
    with life.stage("fetch", in_threads="landing"):
        _fetch(warehouse, settings, run, days)
    _build(warehouse, life)
    with life.stage("publish"), warehouse.lock(lambda _: None):
        publish(warehouse, settings.analytics)
    with life.stage("export"):
        export(settings.analytics, settings.exports)
    counts.write_text(json.dumps(life.counts))


if __name__ == "__main__":
    wanted = json.loads(sys.argv[1])
    begin = date.fromisoformat(wanted["first"])
    main(
        Run(wanted["run_id"], wanted["root"]),
        [begin + timedelta(days=n) for n in range(wanted["days"])],
        Death(**wanted["death"]) if wanted.get("death") else None,
        Path(wanted["counts"]),
    )
