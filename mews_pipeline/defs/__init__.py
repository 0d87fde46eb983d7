"""Dagster and nothing else: the only room that may import it, but for the demo."""

# Who is asked about an asset, as the UI shows it.
OWNERS = ["team:hotel-data"]
