"""`mews-pipeline dbt-sources`: the published copy as sources of another dbt project."""

import sys
from typing import Annotated

import typer

from mews_pipeline.publish.dbt_sources import shipped_sources


def dbt_sources(
    key_prefix: Annotated[
        str, typer.Option(help="The component's key_prefix in Dagster, its parts joined by /.")
    ] = "",
) -> None:
    """Print the published tables as sources.yml for a dbt project of your own (docs/dbt.md)."""
    sys.stdout.write(shipped_sources([part for part in key_prefix.split("/") if part]))
