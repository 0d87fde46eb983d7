"""The dbt models as Dagster assets: staging, intermediate and marts over `raw.*`."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import dagster as dg
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtProject,
    dbt_assets,
)

from mews_pipeline.defs import OWNERS, resources
from mews_pipeline.defs.dbt_metadata import with_metadata
from mews_pipeline.defs.dbt_project import Manifest, keep_parsed
from mews_pipeline.defs.dbt_selection import left_out, without
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.defs.publish import analytics_key
from mews_pipeline.defs.steps import fail_with_advice
from mews_pipeline.settings import LocalSettings
from mews_pipeline.warehouse import fingerprint
from mews_pipeline.warehouse.base import Warehouse

# A run with this tag builds nothing when nothing changed; a run by hand always builds.
ONLY_WHEN_CHANGED = "mews_pipeline/build_only_when_changed"
_TARGETS_KEPT = 5


class _Project(NamedTuple):
    """The dbt project and its manifest."""

    project: DbtProject
    manifest: Manifest


class Build(dg.Config):
    """How the models are built: only what new versions touch, or (in full) everything."""

    full_refresh: bool = False


def models(pipeline: Pipeline, project: DbtProject, manifest: Manifest) -> dg.AssetsDefinition:
    """Make the assets of the models, with dbt's tests as their checks."""

    @dbt_assets(
        manifest=manifest,
        project=project,
        name=pipeline.name("dbt_models"),
        dagster_dbt_translator=_Translator(pipeline),
        required_resource_keys={pipeline.name("dbt"), pipeline.name("warehouse")},
    )
    def build(context: dg.AssetExecutionContext, config: Build) -> Iterator[Any]:
        """Build and test every model, in one dbt invocation inside the warehouse lock."""
        with fail_with_advice():
            warehouse = resources.warehouse(pipeline, context).get()
            with warehouse.lock(context.log.info), _environment(pipeline, warehouse, project):
                made = _Project(project, manifest)
                yield from _build(pipeline, made, warehouse, context, config)

    return build


def _build(
    pipeline: Pipeline,
    made: _Project,
    warehouse: Warehouse,
    context: dg.AssetExecutionContext,
    config: Build,
) -> Iterator[Any]:
    local = pipeline.load(LocalSettings)
    given = local.start_date, local.ledger_years_ahead
    with warehouse.connect() as connection:
        state = fingerprint.fingerprint(connection, made.project.project_dir, *given)
        built = fingerprint.built(connection)
    is_refresh = ONLY_WHEN_CHANGED in context.run.tags
    if is_refresh and built == state and is_published(pipeline, context.instance):
        context.log.info(
            "Nothing new has landed since the models were last built, and they have not "
            "changed: nothing to do. (Materialize them by hand to build them all the same.)"
        )
        return
    unchanged = left_out(made.manifest, state, built, is_refresh=True) if is_refresh else []
    dbt = resources.dbt(pipeline, context)
    arguments = command(config, is_refresh=is_refresh)
    arguments += without(unchanged, made.project.target_path / "left_out")
    done = dbt.cli(arguments, context=context)
    try:
        yield from with_metadata(done, warehouse)
    finally:
        keep_parsed(made.project, done.target_path)
    if not context.is_subset:
        with warehouse.connect() as connection:
            fingerprint.remember(connection, state)
    _prune(done.target_path.parent, f"{context.op_execution_context.op.name}-*")


def environment(pipeline: Pipeline, local: LocalSettings) -> dict[str, str]:
    """Give the variables by which these settings reach dbt's profile and models."""
    return {
        "MEWS_WAREHOUSE": local.warehouse,
        "MEWS_ENV_PREFIX": pipeline.env_prefix,
        "MEWS_START_DATE": local.start_date.isoformat(),
        "MEWS_LEDGER_YEARS_AHEAD": str(local.ledger_years_ahead),
        "MEWS_MEMORY": local.memory,
    }


def command(config: Build, *, is_refresh: bool) -> list[str]:
    """Give the arguments of dbt.

    A refresh leaves out the tests that read all of history, and it writes no files that only a
    developer reads.
    """
    arguments = [*fingerprint.BUILD]
    if config.full_refresh:
        arguments.append("--full-refresh")
    if is_refresh:
        arguments += [*fingerprint.WITHOUT_FILES, *fingerprint.WITHOUT_TESTS_OF_HISTORY]
    return arguments


def last_built_key(pipeline: Pipeline) -> dg.AssetKey:
    """Give the key of the mart that every build makes, whatever it leaves out.

    Dagster skips a step that depends on an output which was not yielded, so what follows the models
    depends on this mart alone. Its latest event shows when the models were last built.
    """
    return pipeline.key("marts", "rpt_freshness")


def is_published(pipeline: Pipeline, instance: dg.DagsterInstance) -> bool:
    """Tell whether the last build was published, or nothing was ever built on this instance.

    A pipeline that publishes nothing has nothing left to publish.
    """
    if pipeline.build != "publish":
        return True
    keys = (last_built_key(pipeline), analytics_key(pipeline))
    events = [instance.get_latest_materialization_event(key) for key in keys]
    built, published = (event.timestamp if event else 0.0 for event in events)
    return published >= built


def _prune(target: Path, pattern: str) -> None:
    """Remove the targets of older dbt invocations but for the last few: 1.5 MB each."""
    left = sorted(target.glob(pattern), key=lambda folder: folder.stat().st_mtime)
    for folder in left[:-_TARGETS_KEPT]:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _environment(pipeline: Pipeline, warehouse: Warehouse, project: DbtProject) -> Iterator[None]:
    """Set the environment that dbt's profile and models read; dbt has no other way."""
    wanted = {
        **environment(pipeline, pipeline.load(LocalSettings)),
        **warehouse.environment,
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


class _Translator(DagsterDbtTranslator):
    """Names and groups models for a pipeline; descriptions come without dbt's copy of the SQL."""

    def __init__(self, pipeline: Pipeline) -> None:
        # raw.fetches and the person counts have no asset of their own: each is a source that maps
        # to the asset which lands it
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))
        self._pipeline = pipeline

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Put the pipeline's prefix before schema and name, for sources too."""
        return self._pipeline.key(*super().get_asset_key(dbt_resource_props).path)

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Group a model by its schema, which is its layer; seeds and sources count as staging."""
        is_model = dbt_resource_props["resource_type"] == "model"
        return self._pipeline.group(str(dbt_resource_props["schema"]) if is_model else "staging")

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:  # noqa: ARG002
        """Give the team to ask about a failing model."""
        return OWNERS

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Give grain and meaning, as the model's yml describes them, and when it is built."""
        return f"{dbt_resource_props['description']}\n\n{_RHYTHM}"

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> dg.AssetCheckSpec | None:
        """Describe the test by its own words, or by those of its kind."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        test = manifest["nodes"].get(unique_id) or {}
        return spec and spec._replace(description=_check_description(test))


def _check_description(test: Mapping[str, Any]) -> str:
    """Describe a test in its own words or those of its kind, and say what to do if it fails."""
    claim = str(test.get("description") or _description_of_kind(test))
    if _REMEDY in claim:
        return claim
    return f"{claim.removesuffix('.')}. {_REMEDY} {_FAULT_OF_THE_MODELS}"


def _description_of_kind(test: Mapping[str, Any]) -> str:
    """Describe a generic test of dbt by its kind and arguments."""
    kind = test.get("test_metadata") or {}
    given = kind.get("kwargs") or {}
    column, name = given.get("column_name") or "A row", str(kind.get("name"))
    return {
        "unique_together": f"There is one row per {', '.join(given.get('columns') or [])}",
        "holds_true": f"{str(test.get('name')).replace('_', ' ').capitalize()}",
        "unique": f"Each {column} occurs once",
        "not_null": f"{column} is never null",
        "one_row": "There is exactly one row",
    }.get(name, f"{column}: {name.replace('_', ' ')}")


_REMEDY = "If not:"
_FAULT_OF_THE_MODELS = (
    "build the models in full (docs/operations.md); if it fails again, it is a fault of the "
    "models: report it. Nothing is published until then."
)
_RHYTHM = "Built by dbt with each refresh that landed something new."
