"""What every dbt command imports. Processes that run dbt are forked from one that imports this.

Nothing here may start a thread, which a fork does not copy, or make a lock, which all forks would
share. `duckdb` starts one, and so does a dbt command.
"""

import _duckdb  # noqa: F401 - the library alone
import agate  # type: ignore[import-untyped] # noqa: F401
import sqlparse  # noqa: F401
from dbt.cli.main import cli
from dbt.contracts.project import Configuration, PackageConfig, Project, ProjectFlags

__all__ = ["cli"]

# Kept by each class once it is asked for; every command asks these
for contract in (Configuration, PackageConfig, Project, ProjectFlags):
    contract.json_schema()
