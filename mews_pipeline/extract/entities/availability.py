"""What Mews reports as availability: every daily snapshot is kept.

Source: docs/mews-api.md, "Availability".
"""

from mews_pipeline.extract.entities.entity import (
    HARMLESS_TEXT,
    INSTANT,
    INTEGER,
    Entity,
    Landing,
)
from mews_pipeline.mews import SERVICES_GET_AVAILABILITY

# Not one record per object that Mews lists: extract/availability.py makes one per category, time
# unit and metric of a response.
AVAILABILITY = Entity(
    table="availability",
    operation=SERVICES_GET_AVAILABILITY,
    landing=Landing.SNAPSHOTS,
    fields={
        "ServiceId": HARMLESS_TEXT,
        "ResourceCategoryId": HARMLESS_TEXT,
        "TimeUnitStartUtc": INSTANT,
        "Metric": HARMLESS_TEXT,
        "Value": INTEGER,
        "SnapshotUtc": INSTANT,
    },
    required=frozenset({"ServiceId", "ResourceCategoryId", "TimeUnitStartUtc", "Metric"}),
)
