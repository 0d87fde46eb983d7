"""Find the files that ship with the code: inside an installed package, else in the checkout."""

from importlib.resources import files
from pathlib import Path


def shipped(name: str) -> Path:
    """Give the path of a shipped file or folder.

    A wheel carries it inside the package; in a checkout it is at the root of the repository.
    """
    package = Path(str(files("mews_pipeline")))
    inside = package / name
    return inside if inside.exists() else package.parent / name
