"""Mews reservations and product service orders in DuckDB, with occupancy and transition reports."""
