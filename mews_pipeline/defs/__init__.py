"""Dagster, and nothing else: assets, checks, jobs, schedules and sensors over the other rooms.

Each module makes its definitions in functions of a `Pipeline`; importing one reads no settings and
parses no manifest.
"""

# Who is responsible for an asset, as the UI shows it.
OWNERS = ["team:hotel-data"]
