"""Mews reservations and product service orders in DuckDB, with occupancy and transition reports."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mews_pipeline.component import MewsPipelineComponent

__all__ = ["MewsPipelineComponent"]


# Importing the component imports Dagster, which the command line and the core do without
def __getattr__(name: str) -> Any:
    if name in __all__:
        from mews_pipeline import component  # noqa: PLC0415

        return getattr(component, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
