"""Compare the entities with the vendor's public OpenAPI document: `make api-drift`.

Prints, per entity, the fields and values that the document has and the entity lacks, and those that
the entity declares and the document does not. A field that an entity lacks lands in `_extra`.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import yaml  # type: ignore[import-untyped]

from mews_pipeline.extract.entities import (
    AVAILABILITY,
    CURRENCIES,
    ENTERPRISE_CURRENCIES,
    ENTITIES,
    EXCHANGE_RATES,
    LEDGER_BALANCES,
    Entity,
)
from mews_pipeline.extract.entities.entity import Known

DOCUMENT = "https://api.mews.com/Swagger/connector/swagger.yaml"
_TIMEOUT = 60.0
_PREFIX = "/api/connector/v1/"
# Where an answer without a list key has the records, and the fields that we add to them
_LISTS = {ENTERPRISE_CURRENCIES.table: "Currencies"}
_OURS = {
    ENTERPRISE_CURRENCIES.table: {"Id", "EnterpriseId"},
    CURRENCIES.table: {"Id"},
    EXCHANGE_RATES.table: {"SnapshotUtc"},
    LEDGER_BALANCES.table: {"SnapshotUtc"},
}

Schema = Mapping[str, Any]


class DriftError(Exception):
    """The document could not be read, or is no OpenAPI document."""


def read_document(source: str) -> Schema:
    """Return the document of an address or a file. Raises DriftError."""
    try:
        if source.startswith("https://"):
            response = httpx.get(source, timeout=_TIMEOUT, follow_redirects=True)
            text = response.raise_for_status().text
        else:
            text = Path(source).read_text()
        document = yaml.safe_load(text)
    except (httpx.HTTPError, OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise DriftError(f"{source} cannot be read: {error}") from None
    if not isinstance(document, dict) or "paths" not in document:
        raise DriftError(f"{source} is no OpenAPI document: it has no paths")
    return document


def differences(document: Schema) -> Iterator[str]:
    """Yield a line per field, value or operation that document and entities do not share."""
    for entity in ENTITIES.values():
        # Its records are made of metrics, category by category, and have no schema
        if entity is AVAILABILITY:
            continue
        record = _record(document, entity)
        if record is None:
            if f"{_PREFIX}{entity.operation.path}" in _paths(document):
                yield f"{entity.table}: the document does not say what a record looks like"
            else:
                yield f"{entity.table}: the document has no operation {entity.operation.path}"
            continue
        for line in (*_fields(document, record, entity), *_values(document, record, entity)):
            yield f"{entity.table}: {line}"


def _paths(document: Schema) -> Schema:
    paths: Schema = document["paths"]
    return paths


def _record(document: Schema, entity: Entity) -> Schema | None:
    """Return the schema of one record of the operation's list."""
    found = _paths(document).get(f"{_PREFIX}{entity.operation.path}", {}).get("post", {})
    contents = found.get("responses", {}).get("200", {}).get("content", {})
    for content in contents.values():
        name = _LISTS.get(entity.table) or str(entity.operation.list_key)
        listed = _properties(document, content.get("schema", {})).get(name)
        if listed is not None:
            items: Schema = _resolved(document, listed).get("items", {})
            return items
    return None


def _resolved(document: Schema, schema: Schema) -> Schema:
    """Follow the reference of a schema, if it is one."""
    while "$ref" in schema:
        found: Any = document
        for name in schema["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        schema = found
    return schema


def _parts(document: Schema, schema: Schema) -> Iterator[Schema]:
    """Yield a schema and those that it is made of or may be."""
    schema = _resolved(document, schema)
    yield schema
    for kind in ("allOf", "oneOf", "anyOf"):
        for part in schema.get(kind, ()):
            yield from _parts(document, part)


def _properties(document: Schema, schema: Schema) -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    for part in _parts(document, schema):
        found |= part.get("properties", {})
        if "items" in part:
            found |= _properties(document, part["items"])
    return found


def _fields(document: Schema, record: Schema, entity: Entity) -> Iterator[str]:
    ours = _OURS.get(entity.table, set())
    yield from _fields_below(document, record, entity.known, "", ours)


def _fields_below(
    document: Schema, schema: Schema, known: Known, prefix: str, ours: Iterable[str]
) -> Iterator[str]:
    documented = _properties(document, schema)
    for name in sorted(documented.keys() - known.names):
        is_deprecated = _resolved(document, documented[name]).get("deprecated", False)
        yield f"lacks {prefix}{name}" + (" (deprecated)" if is_deprecated else "")
    for name in sorted(known.names - documented.keys() - set(ours)):
        yield f"declares {prefix}{name}, which is not documented"
    for name in sorted(known.nested.keys() & documented.keys()):
        below, path = known.nested[name], f"{prefix}{name}."
        yield from _fields_below(document, documented[name], below, path, ())


def _values(document: Schema, record: Schema, entity: Entity) -> Iterator[str]:
    properties = _properties(document, record)
    for name, ours in (entity.enums or {}).items():
        parts = _parts(document, properties.get(name, {}))
        documented = {value for part in parts for value in part.get("enum", ()) if value}
        if not documented:
            continue
        for value in sorted(documented - ours):
            yield f"lacks the value {value} of {name}"
        for value in sorted(ours - documented):
            yield f"declares the value {value} of {name}, which is not documented"


def main(source: str = DOCUMENT) -> int:
    """Print the differences; returns 1 if the document cannot be read."""
    try:
        lines = list(differences(read_document(source)))
    except DriftError as error:
        print(error, file=sys.stderr)  # noqa: T201  a script for developers
        return 1
    print("\n".join(lines) or "No differences.")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
