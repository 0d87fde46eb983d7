"""Every question of docs/cookbook.md is answered by the published copy alone."""

import re
from pathlib import Path

import duckdb
import pytest

DOCS = Path(__file__).parents[2] / "docs"
QUESTIONS = dict(
    re.findall(
        r"^## (\d+\. .+?)\n.*?```sql\n(.*?)```",
        (DOCS / "cookbook.md").read_text(encoding="utf-8"),
        re.DOTALL | re.MULTILINE,
    )
)


def test_the_questions_are_numbered() -> None:
    assert [int(title.split(".")[0]) for title in QUESTIONS] == list(range(1, len(QUESTIONS) + 1))


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_question_is_answered(copy: Path, question: str) -> None:
    with duckdb.connect(str(copy), read_only=True) as connection:
        assert connection.execute(QUESTIONS[question]).fetchall()


def test_what_the_analysts_page_opens_is_there(copy: Path) -> None:
    page = (DOCS / "analysts.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\b(?:fct|rpt|dim)_\w+", page))
    with duckdb.connect(str(copy), read_only=True) as connection:
        known = connection.execute("select table_name from information_schema.tables").fetchall()
    assert named
    assert named <= {name for (name,) in known}
