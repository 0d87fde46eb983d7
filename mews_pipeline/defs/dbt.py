"""The dbt models as Dagster assets: staging, intermediate and marts over `raw.*`."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource, DbtProject, dbt_assets
from filelock import FileLock

from mews_pipeline.defs.resources import Warehouse
from mews_pipeline.settings import LocalSettings, load

_FOLDER = Path(__file__).parents[2] / "dbt_project"
project = DbtProject(project_dir=_FOLDER)


def _parsed(project: DbtProject) -> Path:
    """The manifest, made anew where it is missing or older than a file of the project.

    `prepare_if_dev` does so under `dagster dev` only; a fresh clone's first command may be another.
    """
    manifest = project.manifest_path
    with FileLock(_FOLDER / ".parse.lock"):
        sources = [p for p in _FOLDER.rglob("*") if p.suffix in {".sql", ".yml", ".csv"}]
        newest = max(p.stat().st_mtime for p in sources if "target" not in p.parts)
        if not manifest.exists() or manifest.stat().st_mtime < newest:
            project.preparer.prepare(project)
    return manifest


def cli() -> DbtCliResource:
    """The dbt of this Python's environment, whether or not it is on the PATH."""
    return DbtCliResource(
        project_dir=project, dbt_executable=str(Path(sys.executable).with_name("dbt"))
    )


@dbt_assets(manifest=_parsed(project), project=project, name="dbt_models")
def models(
    context: dg.AssetExecutionContext, dbt: DbtCliResource, warehouse: Warehouse
) -> Iterator[Any]:
    """Build and test every model, in one dbt invocation inside the warehouse lock."""
    with warehouse.lock(context.log.info), _environment(warehouse):
        yield from dbt.cli(["build"], context=context).stream().fetch_row_counts()


@contextmanager
def _environment(warehouse: Warehouse) -> Iterator[None]:
    """Tell dbt what profiles.yml and the models read, by the one way that it has: the environment."""
    wanted = {
        "MEWS_WAREHOUSE": str(warehouse.path),
        "MEWS_START_DATE": load(LocalSettings).start_date.isoformat(),
        "DO_NOT_TRACK": "1",
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
