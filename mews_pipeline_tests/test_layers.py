"""The order of the rooms: a module imports from its own room or from a lower floor."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "mews_pipeline"
# From the lowest floor up. Rooms of one floor know nothing of each other.
FLOORS = (
    {"collector", "environment", "shipped", "texts", "threads"},
    {"errors"},
    {"files", "progress"},
    {"temporary"},
    {"mews", "notify", "sandbox"},
    {"settings"},
    {"demo_mode"},
    {"extract"},
    {"warehouse"},
    {"ingest", "publish", "monitoring", "privacy"},
    {"brief", "metrics"},
    {"mcp"},
    {"defs"},
    {"component"},
    {"definitions"},
    {"demo"},
    {"cli"},
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def imported_rooms(module: Path) -> Iterator[str]:
    """Yield the room of each import of this package, those inside functions included."""
    for node in ast.walk(ast.parse(module.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            package, *rest = name.split(".")
            if package == PACKAGE.name:
                yield rest[0]


@pytest.mark.parametrize("room", sorted(FLOOR))
def test_a_module_imports_from_its_own_room_or_a_lower_floor(room: str) -> None:
    folder = PACKAGE / room
    modules = list(folder.rglob("*.py")) or [folder.with_suffix(".py")]
    climbing = [
        f"{module.relative_to(PACKAGE)} imports {other}"
        for module in modules
        for other in imported_rooms(module)
        if other != room and FLOOR[other] >= FLOOR[room]
    ]
    assert climbing == []


def test_there_is_no_room_without_a_floor() -> None:
    rooms = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert rooms - {"__init__", "__pycache__"} == FLOOR.keys()


@pytest.mark.parametrize("room", [room for room in sorted(FLOOR) if (PACKAGE / room).is_dir()])
def test_each_room_says_what_it_never_touches(room: str) -> None:
    said = ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text())) or ""
    assert any(word in said.lower() for word in ("never", "nothing", "no code"))
