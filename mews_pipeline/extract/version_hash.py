"""Hash the versions of records: the same content has the same hash in every release."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from mews_pipeline.extract.json_dump import dumps

# Stripped from the end of the JSON list so that trailing nulls do not change the hash; no text,
# number or boolean ends with these characters
_NULLS_AND_BRACKET = b",nul]"


def hashes(values: Iterable[Sequence[Any]], persons: Iterable[dict[str, int]]) -> list[str]:
    """Return the md5 of each record's people and known fields, as a JSON list without final nulls.

    A field that a later release adds comes last, so records without it keep their hash
    (docs/architecture.md, "Versions are never lost"). Serialized by orjson: concatenating text in
    Polars took twice the time.
    """
    return [
        hashlib.md5(
            dumps(record, sort_keys=True).rstrip(_NULLS_AND_BRACKET),
            usedforsecurity=False,
        ).hexdigest()
        for record in zip(persons, *values, strict=True)
    ]
