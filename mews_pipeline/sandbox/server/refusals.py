"""The errors that the sandbox returns, as the vendor words them.

Statuses and bodies (ConnectorApiExceptionResult): docs/mews-api.md, "Responses and errors".
"""

from typing import Any

BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, GONE, TOO_MANY = 400, 401, 403, 404, 410, 429


class Refusal(Exception):  # noqa: N818
    """An error with which a request is refused."""

    def __init__(self, status: int, message: str, details: Any = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details


def invalid(name: str, details: str | None = None) -> Refusal:
    """Return the error for an invalid parameter, as Mews words it: `Invalid ServiceIds`."""
    return Refusal(BAD_REQUEST, f"Invalid {name}", details)
