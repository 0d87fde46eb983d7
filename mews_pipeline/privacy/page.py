"""Write the table of personal fields of docs/privacy.md: python -m mews_pipeline.privacy.page."""

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from mews_pipeline.extract.entities import ENTITIES, EXTRA, Entity, Person

_BEGIN = "<!-- table of personal fields, written by make privacy -->\n"
_END = "<!-- end of the table -->\n"
_HEAD = (
    "| field | raw tables | what it is | `keep` | `hash` | `drop` | how to remove it |\n"
    "|---|---|---|---|---|---|---|\n"
)
_REMOVED = "`mews-pipeline forget`"
_WHAT = {
    Person.GUEST: "id of a guest, a company or another booker",
    Person.STAFF: "id of a profile that wrote the record, mostly staff",
}


def with_table(page: str) -> str:
    """Return the page with the table of today's declarations in the place of the one it has."""
    before, _, rest = page.partition(_BEGIN)
    after = rest.partition(_END)[2]
    return f"{before}{_BEGIN}\n{_HEAD}{''.join(_rows())}\n{_END}{after}"


def _rows() -> Iterator[str]:
    """Yield a row for each personal column with the tables that have it alike."""
    tables: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for entity in ENTITIES.values():
        for field in [path for path in entity.fields if path in entity.personal]:
            tables[_described(entity, field)].append(f"`{entity.table}`")
    for (column, *cells), found in tables.items():
        yield f"| {column} | {', '.join(found)} | {' | '.join(cells)} |\n"
    yield (
        f"| `{EXTRA}` | all | fields that no declaration knows, as JSON | as sent | null | null | "
        f"{_REMOVED} where the record is a guest's, else `MEWS_PERSONAL` |\n"
    )


def _described(entity: Entity, path: str) -> tuple[str, ...]:
    field, column = entity.fields[path], f"`{entity.column_names[path]}`"
    if path in entity.withheld:
        return column, "never landed", "null", "null", "null", "nothing to remove"
    what = _WHAT[field.person] if field.person else "a number or text that leads to a guest"
    return column, what, "as sent", "hash" if field.person else "null", "null", _REMOVED


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(with_table(page.read_text(encoding="utf-8")), encoding="utf-8")
