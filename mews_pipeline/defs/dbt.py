"""The dbt models as Dagster assets: staging, intermediate and marts over `raw.*`."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtCliResource,
    DbtProject,
    dbt_assets,
)
from filelock import FileLock

from mews_pipeline.defs.resources import Warehouse
from mews_pipeline.settings import LocalSettings, load

_FOLDER = Path(__file__).parents[2] / "dbt_project"
# That of this Python's environment, whether or not it is on the PATH.
_DBT = Path(sys.executable).with_name("dbt")

project = DbtProject(project_dir=_FOLDER)


def _manifest() -> Path:
    """The manifest, made anew where it is missing or older than a file of the project.

    Dagster's `prepare_if_dev` does so under `dagster dev` only, and a clone's first command may be
    another one; it also wants dbt on the PATH.
    """
    manifest = project.manifest_path
    files = [path for path in _FOLDER.rglob("*") if path.suffix in {".sql", ".yml", ".csv"}]
    newest = max(path.stat().st_mtime for path in files if "target" not in path.parts)
    manifest.parent.mkdir(exist_ok=True)
    with FileLock(manifest.with_name("parse.lock")):
        if not manifest.exists() or manifest.stat().st_mtime < newest:
            subprocess.run([_DBT, "--quiet", "parse"], cwd=_FOLDER, check=True)  # noqa: S603
    return manifest


def cli() -> DbtCliResource:
    """How dbt is called."""
    return DbtCliResource(project_dir=project, dbt_executable=str(_DBT))


# raw.fetches and the person counts have no asset of their own: they map to the one that lands them.
_TRANSLATOR = DagsterDbtTranslator(
    settings=DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True)
)


@dbt_assets(
    manifest=_manifest(),
    project=project,
    name="dbt_models",
    dagster_dbt_translator=_TRANSLATOR,
)
def models(
    context: dg.AssetExecutionContext, dbt: DbtCliResource, warehouse: Warehouse
) -> Iterator[Any]:
    """Build and test every model, in one dbt invocation inside the warehouse lock."""
    with warehouse.lock(context.log.info), _environment(warehouse):
        yield from dbt.cli(["build"], context=context).stream().fetch_row_counts()


@contextmanager
def _environment(warehouse: Warehouse) -> Iterator[None]:
    """Tell dbt, by the environment, what its profile and models read; it has no other way."""
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
