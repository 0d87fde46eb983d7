"""End dbt's process without a last walk of the garbage collector through all that dbt loaded."""

import atexit
import gc
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin


class Plugin(BasePlugin):  # type: ignore[misc, unused-ignore]
    """The hook that dbt-duckdb calls when it connects first."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:  # noqa: ARG002
        """Freeze at the exit what exists then. dbt-duckdb closes the file itself, at its exit."""
        atexit.register(gc.freeze)
