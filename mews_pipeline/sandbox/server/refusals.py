"""What the sandbox refuses, and in which words.

Bodies as both seeds describe them (ConnectorApiExceptionResult), statuses as MEWS.md 4.
"""

from typing import Any

BAD_REQUEST, UNAUTHORIZED, NOT_FOUND, TOO_MANY = 400, 401, 404, 429


class Refusal(Exception):  # noqa: N818
    """A request that is answered with an error."""

    def __init__(self, status: int, message: str, details: Any = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details


def invalid(name: str, details: str | None = None) -> Refusal:
    """Refuse a parameter, as Mews does: `Invalid ServiceIds`."""
    return Refusal(BAD_REQUEST, f"Invalid {name}", details)
