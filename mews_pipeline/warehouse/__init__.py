"""Keep the raw tables, their locks, and land in them. Knows DuckDB; never asks Mews."""
