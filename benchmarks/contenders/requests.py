"""The request that every contender sends (docs/mews-api.md, "Reservations")."""

from datetime import timedelta
from typing import Any

from benchmarks.pages import DAYS, FIRST_DAY, PAGE_ROWS

PATHS = {
    "reservations": "/api/connector/v1/reservations/getAll/2023-06-06",
    "order_items": "/api/connector/v1/orderItems/getAll",
}
PATH = PATHS["reservations"]
LIST_KEY = "Reservations"
# The vendor's examples
CLIENT_TOKEN = "E0D439EE522F44368DC78E1BFB03710C-D24FB11DBE31D4621C4817E028D9E1D"  # noqa: S105
ACCESS_TOKEN = "C66EF7B239D24632943D115EDE9CB810-EA00F8FD8294692C940F6B5A8F9453D"  # noqa: S105


def body(cursor: str | None) -> dict[str, Any]:
    """Return the body of one page's request."""
    return {
        "ClientToken": CLIENT_TOKEN,
        "AccessToken": ACCESS_TOKEN,
        "Client": "Benchmark 1.0.0",
        "UpdatedUtc": {
            "StartUtc": f"{FIRST_DAY.isoformat()}T00:00:00Z",
            "EndUtc": f"{(FIRST_DAY + timedelta(DAYS)).isoformat()}T00:00:00Z",
        },
        "Limitation": {"Count": PAGE_ROWS} | ({"Cursor": cursor} if cursor else {}),
    }
