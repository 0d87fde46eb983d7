"""Spare Python's garbage collector work that frees nothing."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

# Above the object count of a few pages of records; those are freed by reference counting, so
# collecting sooner is wasted work
_OBJECTS_BETWEEN_COLLECTIONS = 50_000


@contextmanager
def no_collections() -> Iterator[None]:
    """Collect nothing while modules and definitions are loaded, and never look at them again.

    They stay until the process ends. The collector would go through them more often the more there
    are, and once more at the end: half the time of loading.
    """
    with _threshold(0):
        yield
        gc.freeze()


@contextmanager
def rare_collections() -> Iterator[None]:
    """Collect less often than every page of records would make it happen.

    What exists already, mostly modules, is never looked at: the process also ends sooner.
    """
    _freeze_once()
    with _threshold(_OBJECTS_BETWEEN_COLLECTIONS):
        yield


@cache
def _freeze_once() -> None:
    """Freeze for the first run of a process. To ask whether anything is frozen takes as long."""
    gc.freeze()


@contextmanager
def _threshold(objects: int) -> Iterator[None]:
    """Collect after so many new objects; never for 0."""
    before = gc.get_threshold()
    gc.set_threshold(objects, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
