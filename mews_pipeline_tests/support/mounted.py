"""A pipeline mounted by its functions, with the settings of the test and a warehouse of its own."""

from pathlib import Path
from typing import Any

from mews_pipeline.defs.graph import Graph, graph
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.defs.resources import WarehouseResource, resources


def parts() -> Graph:
    """Make the assets and checks of the settings as they are now."""
    return graph(Pipeline())


def resources_at(warehouse: Path) -> dict[str, Any]:
    """Make the resources, with the warehouse at that path."""
    return {**resources(Pipeline()), "warehouse": WarehouseResource(database=str(warehouse))}
