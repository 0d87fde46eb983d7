"""Each module here is one program: it brings reservations from the stand-in server into DuckDB."""
