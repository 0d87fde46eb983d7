"""The sandbox's clock: what has happened by its instant is what a request sees."""

from datetime import UTC, datetime


class Clock:
    """Frozen at an instant, or (None) running with real time. It never passes real time."""

    def __init__(self, at: datetime | None = None) -> None:
        self._at: datetime | None = None
        self.set(at)

    def set(self, at: datetime | None) -> None:
        """Freeze the clock at an instant, or let it run. Raises ValueError beyond real time."""
        if at is not None and at.tzinfo is None:
            raise ValueError("the clock needs an instant with its UTC offset")
        if at is not None and at > datetime.now(UTC):
            raise ValueError("the sandbox's clock cannot be set beyond real time")
        self._at = None if at is None else at.astimezone(UTC)

    def now(self) -> datetime:
        """Give the instant, in UTC."""
        return datetime.now(UTC) if self._at is None else self._at

    @property
    def is_running(self) -> bool:
        """Whether it runs with real time."""
        return self._at is None
