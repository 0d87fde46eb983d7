"""Programs that bring reservations from the stand-in server into DuckDB, one per module."""
