"""What is kept of personal data: the choices of MEWS_PERSONAL, and where its key may be."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path


class PersonalMode(StrEnum):
    """What the warehouse keeps of personal fields; each keeps less than the one before."""

    # As Mews sends them
    KEEP = "keep"
    # Of the ids of persons a keyed hash, of other personal fields nothing
    HASH = "hash"
    # Nothing
    DROP = "drop"

    @property
    def rank(self) -> int:
        """How little it keeps: a warehouse only ever moves to a higher rank."""
        return list(PersonalMode).index(self)


def key_file(value: Path | None, mode: object, data: Iterable[Path]) -> Path | None:
    """Check the path of the key file, and make it absolute. Raises ValueError."""
    if value is None:
        if mode is PersonalMode.HASH:
            raise ValueError("MEWS_PERSONAL=hash needs a key")
        return None
    path = value.expanduser().absolute()
    for folder in data:
        if path.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"it is in {folder}, with the data that it must be apart from")
    return path
