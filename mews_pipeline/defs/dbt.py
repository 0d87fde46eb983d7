"""The dbt models as Dagster assets: staging, intermediate and marts over `raw.*`."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
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
from packaging.version import Version

from mews_pipeline.defs import OWNERS
from mews_pipeline.defs.dbt_metadata import described
from mews_pipeline.defs.resources import WarehouseResource
from mews_pipeline.defs.steps import explained_failures
from mews_pipeline.settings import LocalSettings, load
from mews_pipeline.warehouse import fingerprint
from mews_pipeline.warehouse.base import Warehouse

_FOLDER = Path(__file__).parents[2] / "dbt_project"
# That of this Python's environment, whether or not it is on the PATH.
_DBT = Path(sys.executable).with_name("dbt")

_TARGETS_KEPT = 5
_LAST_BUILT = dg.AssetKey(["marts", "fct_occupancy_daily"])
PUBLISHED = dg.AssetKey(["publish", "analytics"])
# A run with this tag builds nothing when nothing changed; a run by hand always builds.
ONLY_WHEN_CHANGED = "mews_pipeline/build_only_when_changed"

# A folder of its own: what `dbt build` by hand leaves in target/ comes from a partial parse
project = DbtProject(project_dir=_FOLDER, target_path=Path("target", "dagster"))


def manifest_of(project: DbtProject) -> dict[str, Any]:
    """The manifest of a project, made anew where it is missing or older than one of its files.

    Dagster's `prepare_if_dev` does so under `dagster dev` only, and a clone's first command may be
    another one; it also wants dbt on the PATH. Parsed whole: after a macro has changed, dbt's
    partial parse forgets what YAML says of tests, and of which asset they are a check.
    """
    manifest = project.manifest_path
    newest = max(path.stat().st_mtime for path in fingerprint.project_files(project.project_dir))
    manifest.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(manifest.with_name("parse.lock")):
        if not manifest.exists() or manifest.stat().st_mtime < newest:
            folder = str(project.target_path)
            subprocess.run(  # noqa: S603
                [_DBT, "--quiet", "--no-partial-parse", "parse", "--target-path", folder],
                cwd=project.project_dir,
                check=True,
            )
        return dict(json.loads(manifest.read_bytes()))


_MANIFEST = manifest_of(project)


def raw_column_words(table: str) -> dict[str, str]:
    """What each column of a raw table means: the words of the staging model that renames it."""
    staged = _MANIFEST["nodes"][f"model.mews_pipeline.stg_mews__{table}"]
    columns = staged["columns"].items()
    words = {name: column["description"] for name, column in columns}
    # A raw column that staging renames is named in the column's meta
    return words | {
        column["meta"]["raw_column"]: words[name]
        for name, column in columns
        if "raw_column" in column["meta"]
    }


class _Dbt(DbtCliResource):
    """dbt, without what dagster-dbt does before each call only to ask for metadata of its own.

    That is `dbt --version` and a second load of the project: a few seconds (see tables.py).
    """

    @property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:  # type: ignore[override]  # noqa: ARG002
        return None


def cli() -> DbtCliResource:
    """How dbt is called."""
    return _Dbt(project_dir=str(_FOLDER), dbt_executable=str(_DBT))


class _Translator(DagsterDbtTranslator):
    """Groups by layer; who answers for a model; descriptions without dbt's copy of the SQL."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Group a model by its schema, which is its layer; seeds and sources count as staging."""
        is_model = dbt_resource_props["resource_type"] == "model"
        return str(dbt_resource_props["schema"]) if is_model else "staging"

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:  # noqa: ARG002
        """Those who are asked about a failing model."""
        return OWNERS

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Grain and meaning, from the model's own words, and its rhythm."""
        return f"{dbt_resource_props['description']}\n\n{_RHYTHM}"

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> dg.AssetCheckSpec | None:
        """The test as a check, in words: its own, or those of its kind."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        test = manifest["nodes"].get(unique_id) or {}
        return spec and spec._replace(description=_check_description(test))


def _check_description(test: Mapping[str, Any]) -> str:
    """Describe a test in its own words or those of its kind, and say what to do if it fails."""
    says = str(test.get("description") or _of_its_kind(test))
    return (
        says if _REMEDY in says else f"{says.removesuffix('.')}. {_REMEDY} {_FAULT_OF_THE_MODELS}"
    )


def _of_its_kind(test: Mapping[str, Any]) -> str:
    """Describe a generic dbt test by its kind and arguments."""
    told = test.get("test_metadata") or {}
    given = told.get("kwargs") or {}
    column, what = given.get("column_name") or "A row", str(told.get("name")).replace("_", " ")
    return {
        "unique_together": f"There is one row per {', '.join(given.get('columns') or [])}",
        "holds_true": f"{str(test.get('name')).replace('_', ' ').capitalize()}",
        "unique": f"Each {column} occurs once",
        "not_null": f"{column} is never null",
        "one_row": "There is exactly one row",
    }.get(str(told.get("name")), f"{column}: {what}")


_REMEDY = "If not:"
_FAULT_OF_THE_MODELS = (
    "build the models in full (docs/operations.md); if it fails again, it is a fault of the "
    "models: report it. Nothing is published until then."
)
_RHYTHM = "Built by dbt with each refresh that landed something new."
# raw.fetches and the person counts have no asset of their own: they map to the one that lands them.
_TRANSLATOR = _Translator(
    settings=DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True)
)


class Build(dg.Config):
    """How the models are built: what new versions touch, or (in full) all of it anew."""

    full_refresh: bool = False


@dbt_assets(
    manifest=_MANIFEST,
    project=project,
    name="dbt_models",
    dagster_dbt_translator=_TRANSLATOR,
)
def models(
    context: dg.AssetExecutionContext,
    config: Build,
    dbt: DbtCliResource,
    warehouse: WarehouseResource,
) -> Iterator[Any]:
    """Build and test every model, in one dbt invocation inside the warehouse lock."""
    with explained_failures(), _held(warehouse.get(), context) as kept:
        state = _state(kept)
        is_done = _is_built(kept, state) and _is_published(context.instance)
        if ONLY_WHEN_CHANGED in context.run.tags and is_done:
            context.log.info(
                "Nothing new has landed since the models were last built, and they have not "
                "changed: nothing to do. (Materialize them by hand to build them all the same.)"
            )
            return
        built = dbt.cli(_command(config, context.run.tags), context=context)
        yield from described(built, kept)
        if not context.is_subset:
            with kept.connect() as connection:
                fingerprint.remember(connection, state)
        _prune(built.target_path.parent)


def _command(config: Build, tags: Mapping[str, str]) -> list[str]:
    """A refresh leaves out the tests that take as long as all of history (dbt_project.yml)."""
    command = [*fingerprint.BUILD]
    if config.full_refresh:
        command.append("--full-refresh")
    if ONLY_WHEN_CHANGED in tags:
        command += fingerprint.WITHOUT_TESTS_OF_HISTORY
    return command


def _state(kept: Warehouse) -> str:
    with kept.connect() as connection:
        return fingerprint.fingerprint(connection, _FOLDER, load(LocalSettings).start_date)


def _is_built(kept: Warehouse, state: str) -> bool:
    with kept.connect() as connection:
        return fingerprint.is_built(connection, state)


def _is_published(instance: dg.DagsterInstance) -> bool:
    """Whether what was built last was published after that, or nothing ever was built here."""
    told = [instance.get_latest_materialization_event(key) for key in (_LAST_BUILT, PUBLISHED)]
    built, published = (event.timestamp if event else 0.0 for event in told)
    return published >= built


def _prune(target: Path) -> None:
    """Remove what older dbt invocations left, but for the last few: 1.5 MB each."""
    left = sorted(target.glob("dbt_models-*"), key=lambda folder: folder.stat().st_mtime)
    for folder in left[:-_TARGETS_KEPT]:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _held(kept: Warehouse, context: dg.AssetExecutionContext) -> Iterator[Warehouse]:
    """Hold the warehouse alone, and let dbt know where it is."""
    with kept.lock(context.log.info), _environment(kept):
        yield kept


@contextmanager
def _environment(kept: Warehouse) -> Iterator[None]:
    """Tell dbt, by the environment, what its profile and models read; it has no other way."""
    wanted = {
        **kept.environment,
        "MEWS_START_DATE": load(LocalSettings).start_date.isoformat(),
        "DBT_TARGET_PATH": str(project.target_path),
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
