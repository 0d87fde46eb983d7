"""What is kept of personal data: MEWS_PERSONAL."""

from enum import StrEnum


class PersonalMode(StrEnum):
    """What the warehouse keeps of personal fields; each keeps less than the one before."""

    # As Mews sends them
    KEEP = "keep"
    # Of the ids of persons a keyed hash, of other personal fields nothing
    HASH = "hash"
    # Nothing
    DROP = "drop"
