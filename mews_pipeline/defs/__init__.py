"""Everything that knows Dagster."""

# Who is asked about an asset, as the UI shows it.
OWNERS = ["team:hotel-data"]
