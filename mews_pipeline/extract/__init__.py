"""Turn pages of the API into typed Parquet files. Knows Polars; never DuckDB or the warehouse."""
