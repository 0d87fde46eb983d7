"""The sandbox's clock: a request sees what has happened by then."""

from datetime import UTC, datetime


class Clock:
    """A clock frozen at an instant, or (None) running with real time. It is never ahead of it."""

    def __init__(self, at: datetime | None = None) -> None:
        self._at: datetime | None = None
        self.set(at)

    def set(self, at: datetime | None) -> None:
        """Freeze the clock at an instant, or let it run. Raises ValueError for a future instant."""
        if at is not None and at.tzinfo is None:
            raise ValueError("the clock needs an instant with its UTC offset")
        if at is not None and at > datetime.now(UTC):
            raise ValueError("the sandbox's clock cannot be set ahead of real time")
        self._at = None if at is None else at.astimezone(UTC)

    def now(self) -> datetime:
        """Return the current instant, in UTC."""
        return datetime.now(UTC) if self._at is None else self._at

    @property
    def is_running(self) -> bool:
        """Whether the clock runs with real time."""
        return self._at is None
