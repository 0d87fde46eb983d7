"""Log the requests to the sandbox: enough for tests and counts, never a token."""

from collections import Counter, deque
from dataclasses import dataclass
from typing import Any

from mews_pipeline.sandbox.server.faults import Fault
from mews_pipeline.sandbox.server.tokens import token_key
from mews_pipeline.sandbox.server.validation import Body

_MAX_REQUESTS = 100_000


@dataclass(frozen=True)
class LoggedRequest:
    """One request; `interval` is its UpdatedUtc filter, as sent."""

    operation: str
    token_key: str | None
    count: int | None
    has_cursor: bool
    interval: tuple[str | None, str | None] | None
    fault: Fault | None
    status: int


class RequestLog:
    """The latest requests, and counts of all, including those that failed with a fault."""

    def __init__(self) -> None:
        self.requests: deque[LoggedRequest] = deque(maxlen=_MAX_REQUESTS)
        self.counts: Counter[tuple[str, int]] = Counter()

    def add(self, operation: str, body: Body | None, fault: Fault | None, status: int) -> None:
        """Log a request."""
        fields = body or {}
        access, limitation = fields.get("AccessToken"), _object(fields.get("Limitation"))
        updated = fields.get("UpdatedUtc")
        self.requests.append(
            LoggedRequest(
                operation,
                token_key(access) if isinstance(access, str) else None,
                limitation.get("Count"),
                limitation.get("Cursor") is not None,
                (updated.get("StartUtc"), updated.get("EndUtc"))
                if isinstance(updated, dict)
                else None,
                fault,
                status,
            )
        )
        self.counts[operation, status] += 1

    def summary(self) -> dict[str, Any]:
        """Return the counts per operation and status."""
        operations: dict[str, dict[str, int]] = {}
        for (operation, status), count in sorted(self.counts.items()):
            operations.setdefault(operation, {})[str(status)] = count
        return {"Total": self.counts.total(), "Operations": operations}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
