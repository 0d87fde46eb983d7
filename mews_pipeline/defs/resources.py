"""What the steps use: the settings (with the tokens, never as a field), the warehouse and dbt."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import dagster as dg
import duckdb
from dagster_dbt import DbtCliResource
from dagster_duckdb import DuckDBResource

from mews_pipeline.defs import dbt_project
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.environment import PREFIX
from mews_pipeline.settings import Settings, load
from mews_pipeline.warehouse import factory
from mews_pipeline.warehouse.base import Config, Warehouse

StepContext = dg.AssetExecutionContext | dg.AssetCheckExecutionContext


class MewsResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The credentials for Mews, read in a step: Dagster stores a field's value in run snapshots."""

    env_prefix: str = PREFIX
    has_demo: bool = False

    def settings(self, given: Mapping[str, Any]) -> Settings:
        """Read the settings of this moment, but for the given ones, or those of demo mode.

        Raises SettingsError and DemoError.
        """
        if self.has_demo:
            from mews_pipeline import demo_mode  # noqa: PLC0415  loading needs no sandbox

            demo_mode.refuse_real_tokens()
            if demo_mode.is_on():
                dg.get_dagster_logger().info(demo_mode.enter())
        return load(Settings, self.env_prefix, **given)


def _connect(database: str, *, config: Config) -> duckdb.DuckDBPyConnection:
    """Connect as dagster-duckdb does, which names Dagster as the user agent."""
    return duckdb.connect(database, config=config | {"custom_user_agent": "dagster"})


class WarehouseResource(DuckDBResource):
    """The DuckDB file or DuckLake that `database` names; secrets are read in a step, no fields."""

    env_prefix: str = PREFIX

    def get(self) -> Warehouse:
        """Return the warehouse. Raises SettingsError.

        It connects by itself: dagster-duckdb tries again for 100 seconds, whatever the fault.
        """
        return factory.warehouse_of(self.database, _connect, self.env_prefix)

    @contextmanager
    def get_connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open a connection to read, inside the lock. Raises SettingsError and WarehouseError."""
        with self.get().open(dg.get_dagster_logger().info) as connection:
            yield connection


def resources(pipeline: Pipeline) -> Mapping[str, Any]:
    """Make the resources of a pipeline, by their names."""
    project = dbt_project.project(pipeline.settings.state)
    return {
        pipeline.name("mews"): MewsResource(
            env_prefix=pipeline.env_prefix, has_demo=pipeline.has_demo
        ),
        pipeline.name("warehouse"): WarehouseResource(
            database=pipeline.settings.warehouse, env_prefix=pipeline.env_prefix
        ),
        pipeline.name("dbt"): dbt_project.cli(project),
    }


# A parameter of a step would fix a resource's name, and two pipelines need two
def mews(pipeline: Pipeline, context: StepContext) -> MewsResource:
    """Give the pipeline's access to Mews, in a step that requires it."""
    return cast("MewsResource", getattr(context.resources, pipeline.name("mews")))


def warehouse(pipeline: Pipeline, context: StepContext) -> WarehouseResource:
    """Give the pipeline's warehouse, in a step that requires it."""
    return cast("WarehouseResource", getattr(context.resources, pipeline.name("warehouse")))


def dbt(pipeline: Pipeline, context: StepContext) -> DbtCliResource:
    """Give the pipeline's dbt, in a step that requires it."""
    return cast("DbtCliResource", getattr(context.resources, pipeline.name("dbt")))
