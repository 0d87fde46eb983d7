"""The page about personal data names every field that the declarations do."""

from pathlib import Path

from mews_pipeline.extract.entities import ENTITIES
from mews_pipeline.privacy.page import with_table

PAGE = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text("utf-8")


def test_the_table_of_the_page_is_that_of_the_declarations() -> None:
    assert with_table(PAGE) == PAGE, "make privacy writes it"


def test_the_table_has_a_row_for_every_personal_column() -> None:
    columns = {column for entity in ENTITIES.values() for column in entity.personal_columns}
    assert {c for c in columns if PAGE.count(f"\n| `{c}` |") != 1} == set()
