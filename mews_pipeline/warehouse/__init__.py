"""Keeps raw tables, their locks and what lands in them. Knows DuckDB; never asks Mews."""
