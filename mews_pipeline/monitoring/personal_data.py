"""Compare what the settings keep of personal data with what the warehouse keeps."""

from pathlib import Path

from mews_pipeline.settings import PersonalMode, Settings
from mews_pipeline.warehouse.factory import warehouse_of
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline.warehouse.personal_policy import (
    Stored,
    has_several_machines,
    policy_of,
    stored,
)

_KEPT = {
    PersonalMode.KEEP: "kept as Mews sends it",
    PersonalMode.HASH: "ids of persons are hashed, nothing else is kept",
    PersonalMode.DROP: "nothing is kept",
}


def what_is_kept(settings: Settings, patience_seconds: float) -> str:
    """Return what is kept of personal data, and what the next run changes about that.

    Raises SettingsError where that run would be refused, and WarehouseError.
    """
    known = _known(settings.warehouse, patience_seconds)
    mode, path = settings.personal, settings.personal_key_file
    text = f"{_KEPT[mode]} (MEWS_PERSONAL={mode})"
    is_first_key = (
        (known.mode, mode) == (PersonalMode.KEEP, PersonalMode.HASH)
        and path is not None
        and not path.exists()
        and not has_several_machines(settings)
    )
    if is_first_key:
        return f"{text} from the next run on, which creates the key {path} and rewrites history"
    policy = policy_of(settings, known)
    if known.is_that_of(policy) and known.is_done:
        return text
    return f"{text} from the next run on, which rewrites history"


def _known(address: str, patience_seconds: float) -> Stored:
    warehouse = warehouse_of(address)
    # A look creates no file
    with warehouse.translate_errors():
        if isinstance(warehouse, DuckDBFile) and not _has_content(warehouse.path):
            return Stored()
    with warehouse.open(lambda _: None, patience_seconds) as connection:
        return stored(connection)


def _has_content(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0
