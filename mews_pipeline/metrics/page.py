"""Write the table of docs/metrics.md from the definitions: python -m mews_pipeline.metrics.page."""

import sys
from pathlib import Path

from mews_pipeline.metrics.definitions import metrics

_BEGIN, _END = "<!-- table of metrics, written by make metrics -->\n", "<!-- end of the table -->\n"


def with_table(page: str) -> str:
    """Give the page with the table of today's definitions in the place of the one it has."""
    before, _, rest = page.partition(_BEGIN)
    after = rest.partition(_END)[2]
    return f"{before}{_BEGIN}\n{_table()}\n{_END}{after}"


def _table() -> str:
    rows = [
        f"| `{each.name}` | {each.label} | `{each.dated_by}` | {each.formula} | {each.meaning} |\n"
        for each in metrics()
    ]
    return "| metric | label | its date | formula | meaning |\n|---|---|---|---|---|\n" + "".join(
        rows
    )


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(with_table(path.read_text(encoding="utf-8")), encoding="utf-8")
