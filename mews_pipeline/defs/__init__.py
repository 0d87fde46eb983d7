"""Dagster and nothing else: the only room that may import it, but for the demo.

It never asks Mews, lands rows or draws by itself. Each module makes its definitions in functions
of a `Pipeline`; importing one reads no settings and parses no manifest.
"""

# Who is responsible for an asset, as the UI shows it.
OWNERS = ["team:hotel-data"]
