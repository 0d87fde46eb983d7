"""The Mews Connector API: knows httpx, nothing of Dagster, DuckDB or hotels."""
