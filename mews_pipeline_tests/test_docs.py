"""The documentation: its links lead somewhere, and nothing cites what is not in the repository."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

from mews_pipeline.warehouse.raw import TABLES

ROOT = Path(__file__).parents[1]
_SKIPPED = {"data", "build", "dist", "node_modules", "site-packages"}
# In pieces, so that this file does not cite them
_ABSENT = re.compile(
    r"(?<![\w/-])(?:"
    + "|".join(("MEWS", "HOUSE", "STYLE", "ARCHITECTURE", "SCALE", "DAGSTER", "DECISIONS"))
    + r")\.md\b|\b[Ii]ssue #?\d|\b(?:both|the) seeds\b|\bseed's\b"
)
# `docs/mews-api.md, "Heading"`, where a line may end inside the heading
_CITATION = re.compile(r'docs/([\w/-]+\.md),[\s#*]+"([^"]+)"')


def _pages() -> list[Path]:
    return sorted(
        page
        for page in ROOT.rglob("*.md")
        if not any(
            part in _SKIPPED or (part.startswith(".") and part != ".github")
            for part in page.relative_to(ROOT).parts
        )
    )


def _text(page: Path) -> str:
    return re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def _headings(page: Path) -> list[str]:
    return re.findall(r"^#+ (.+)$", _text(page), re.MULTILINE)


def _anchor(heading: str) -> str:
    """Return the anchor that GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _links(page: Path) -> list[str]:
    return re.findall(r'(?:\]\(|src=")([^)\s"]+)[)"]', _text(page))


PAGES = _pages()


def _sources() -> list[Path]:
    """Return the files that belong to the repository: in git, all that it does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is no clone")
    kinds = {".py", ".sql", ".yml", ".yaml", ".toml", ".md", ".service", ".conf", ""}
    files = [ROOT / name for name in listed.stdout.splitlines()]
    return [f for f in files if f.suffix in kinds and f.is_file() and f != Path(__file__)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken = []
    for link in _links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in map(_anchor, _headings(target))):
            broken.append(link)
    assert broken == []


def test_the_index_leads_to_every_page() -> None:
    docs = ROOT / "docs"
    linked = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in (docs / "index.md", docs / "decisions" / "README.md")
        for link in _links(page)
    }
    assert {page for page in docs.rglob("*.md") if page.name != "index.md"} <= linked


def test_no_file_cites_a_document_or_an_issue_outside_the_repository() -> None:
    cited = [
        f"{source.relative_to(ROOT)}: {found.group()}"
        for source in _sources()
        for found in _ABSENT.finditer(source.read_text(encoding="utf-8"))
    ]
    assert cited == []


def test_every_page_that_is_named_exists() -> None:
    missing = [
        f"{source.relative_to(ROOT)}: {page}"
        for source in _sources()
        for page in re.findall(r"\bdocs/[\w/-]+\.md", source.read_text(encoding="utf-8"))
        if not (ROOT / page).is_file()
    ]
    assert missing == []


def test_every_cited_heading_is_in_the_page_that_is_cited() -> None:
    missing = []
    for source in _sources():
        for page, heading in _CITATION.findall(source.read_text(encoding="utf-8")):
            wanted = " ".join(re.sub(r"\n\s*(?:#|--|\*)?\s*", " ", heading).split())
            target = ROOT / "docs" / page
            if not target.is_file() or wanted not in _headings(target):
                missing.append(f"{source.relative_to(ROOT)}: {page}, {wanted!r}")
    assert missing == []


def test_the_answers_to_where_is_are_files() -> None:
    section = _text(ROOT / "docs" / "architecture.md").partition("## Where is")[2]
    named = re.findall(r"^\|.*\| `([\w/.]+)`", section.partition("\n## ")[0], re.MULTILINE)
    assert len(named) == 6
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_readme_names_every_raw_table_and_every_package() -> None:
    readme = _text(ROOT / "README.md")
    tables, code = readme.partition("\nThe tables:")[2], readme.partition("\n## The code")[2]
    raw = tables.partition("| `staging`")[0]
    assert set(re.findall(r"`([a-z_]+)`", raw)) - {"raw"} == set(TABLES)
    packages = {init.parent.name for init in (ROOT / "mews_pipeline").glob("*/__init__.py")}
    assert packages - set(re.findall(r"`([a-z_]+)/`", code)) == set()


_REPORTS_OF_MONEY = (
    "fct_revenue_daily", "rpt_performance_daily", "rpt_revenue_pace", "rpt_revenue_pickup",
    "rpt_revenue_restatements", "rpt_revenue_reconciliation",
)  # fmt: skip
_HELPERS = {"days_back", "difference"}


def test_each_number_of_money_has_its_counterpart_in_mews_or_none() -> None:
    """The table of docs/analysts.md names each column of the reports of money that is a number."""
    published = yaml.safe_load((ROOT / "mews_pipeline/publish/dbt_sources.yml").read_text())
    tables = {table["name"]: table for source in published["sources"] for table in source["tables"]}
    numbers = {
        column["name"]
        for name in _REPORTS_OF_MONEY
        for column in tables[name]["columns"]
        if re.match("(?i)decimal|double|bigint|hugeint", column["data_type"])
    }
    page = (ROOT / "docs" / "analysts.md").read_text("utf-8")
    rows = re.findall(r"^\|(.*)", page[page.index("\n## Money") :], re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"\w+", row)}
    assert len(numbers) > 20
    assert numbers - named - _HELPERS == set()
