"""DuckDB's extensions from their Python packages, never from the network, and its secrets."""

import importlib.util
from pathlib import Path

import duckdb

from mews_pipeline.warehouse.base import WarehouseError
from mews_pipeline.warehouse.quoting import literal

_LAKE = "'mews-pipeline[lake]', or make install in a checkout"


def load(extension: str, needed_by: str, package: str = _LAKE) -> str:
    """Return the statement that loads an extension. Raises WarehouseError if it is missing."""
    found = importlib.util.find_spec(f"duckdb_extension_{extension}")
    for folder in found.submodule_search_locations or () if found else ():
        name = f"extensions/v{duckdb.__version__}/{extension}.duckdb_extension"
        if (file := Path(folder) / name).exists():
            return f"load {literal(str(file))}"
    what = f"DuckDB's extension {extension} for DuckDB {duckdb.__version__}"
    raise not_installed(what, needed_by, package)


def not_installed(what: str, needed_by: str, package: str = _LAKE) -> WarehouseError:
    """Return the error of a missing package that not everybody needs."""
    return WarehouseError(
        f"{needed_by} needs {what}, which is not installed: pip install {package}."
    )


def secret(name: str, **values: str | None) -> str:
    """Return the statement that creates a secret of one connection, which is not stored on disk."""
    given = ", ".join(f"{key} {literal(value)}" for key, value in values.items() if value)
    return f"create or replace temporary secret {name} ({given})"
