"""`mews-pipeline mcp` answers its client over stdio, from the copy, and nothing but reading."""

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from mcp import Client, StdioServerParameters
from typer.testing import CliRunner

from mews_pipeline.cli.main import app
from mews_pipeline.extract.entities import personal_columns
from mews_pipeline.mcp import copy as served
from mews_pipeline.mcp.copy import QueryError

Ask = Callable[..., Awaitable[Any]]
ONE_SELECT = "Ask with one SELECT"
ONLY = "Only marts.*, about and the macros"
HOSTILE = {
    "create table marts.x as select 1": ONE_SELECT,
    "insert into marts.dim_date select * from marts.dim_date": ONE_SELECT,
    "delete from marts.dim_date": ONE_SELECT,
    "attach '/etc/passwd' as x": ONE_SELECT,
    "copy (select 1) to 'written.csv'": ONE_SELECT,
    "export database 'written'": ONE_SELECT,
    "install httpfs": ONE_SELECT,
    "load httpfs": ONE_SELECT,
    "set lock_configuration = false": ONE_SELECT,
    "pragma database_list": ONE_SELECT,
    "call duckdb_settings()": ONE_SELECT,
    "select 1; select 2": ONE_SELECT,
    "select 1; drop table marts.dim_date": ONE_SELECT,
    "explain analyze select 1": ONE_SELECT,
    "": ONE_SELECT,
    "selec 1": "DuckDB cannot read it: syntax error",
    "select * from read_text('/etc/passwd')": ONLY,
    "select * from 'written.csv'": ONLY,
    "select * from glob('/*')": ONLY,
    "select * from duckdb_settings()": ONLY,
    "select * from system.main.duckdb_settings()": ONLY,
    "from duckdb_databases": ONLY,
    "select (select max(path) from pragma_database_list)": ONLY,
    "with duckdb_databases as (select 1) from duckdb_databases": "another name",
    "from information_schema.tables": ONLY,
    "from published.made_from": ONLY,
    "from query('from duckdb_settings()')": ONLY,
    "from (show tables)": ONLY,
    "select current_setting('temp_directory')": "is not served",
    "select getenv('HOME')": "is not served",
    "with recursive t as (select 1 as n union all select n + 1 from t) select count(*) from t": (
        "It took longer than 2 seconds and was stopped"
    ),
    "select count(*) from range(1000000000) as a, range(1000000000) as b": "ask for less",
}


PROGRAM = Path(sys.executable).with_name("mews-pipeline")


def with_client(
    copy: Path, talk: Callable[[Ask], Awaitable[None]], program: Path = PROGRAM
) -> None:
    """Start the server as an assistant does, and let the package's own client talk to it."""
    own = {"MEWS_ANALYTICS": str(copy), "MEWS_ENV_FILE": "", "PATH": os.environ["PATH"]}
    server = StdioServerParameters(
        command=str(program), args=["mcp", "--seconds", "2"], env=own, cwd=copy.parent
    )

    async def session() -> None:
        async with Client(server) as client:

            async def ask(tool: str, **given: Any) -> Any:
                return await client.call_tool(tool, given)

            names = {tool.name for tool in (await client.list_tools()).tools}
            assert names == {"list_metrics", "metric", "list_tables", "columns", "query"}
            await talk(ask)

    asyncio.run(session())


def rows(answer: Any) -> list[dict[str, Any]]:
    assert not answer.is_error, answer.content
    return answer.structured_content["rows"]  # type: ignore[no-any-return]


@pytest.fixture
def own_copy(copy: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(copy, tmp_path / "analytics.duckdb"))


@pytest.mark.slow
def test_a_client_lists_asks_for_next_week_and_sees_a_new_copy(own_copy: Path) -> None:
    week = {"first": "2026-04-27", "last": "2026-05-03"}

    async def talk(ask: Ask) -> None:
        listed = (await ask("list_metrics")).structured_content["result"]
        assert "occupancy_mews" in {metric["name"] for metric in listed}
        tables = (await ask("list_tables")).structured_content["result"]
        assert all(table["meaning"] for table in tables)
        assert {"about", "marts.rpt_portfolio_daily"} <= {table["name"] for table in tables}
        columns = (await ask("columns", table="marts.rpt_portfolio_daily")).structured_content
        assert "occupancy_mews" in {column["name"] for column in columns["result"]}

        found = rows(await ask("metric", names=["occupancy_mews"], by=["day"], **week))
        sql = (
            "select stay_date as metric_time__day, sum(spaces_occupied) / sum(spaces_usable) as"
            " occupancy_mews from marts.rpt_portfolio_daily where enterprise_id != 'all' and"
            " stay_date between '2026-04-27' and '2026-05-03' group by 1 order by 1"
        )
        assert found == rows(await ask("query", sql=sql))
        assert found[0]["metric_time__day"] == "2026-04-27"
        assert len(found) == 7

        cut = await ask("query", sql="from range(100000) as r")
        assert len(rows(cut)) == 500
        assert cut.structured_content["note"].startswith("Only the first 500 rows")

        replace(own_copy)
        assert rows(await ask("query", sql="select published_utc from about"))[0] == {
            "published_utc": "2030-01-01 00:00:00+00:00"
        }

    with_client(own_copy, talk)


def replace(copy: Path) -> None:
    """Publish another copy, by rename as publishing does."""
    new = copy.with_name("new.duckdb")
    shutil.copy(copy, new)
    new.chmod(0o600)
    with duckdb.connect(str(new)) as connection:
        connection.execute("update main.about set published_utc = '2030-01-01 00:00:00+00'")
    new.replace(copy)


@pytest.mark.slow
def test_each_hostile_question_is_one_message_and_writes_nothing(own_copy: Path) -> None:
    before = own_copy.read_bytes()

    async def talk(ask: Ask) -> None:
        for sql, message in HOSTILE.items():
            answer = await ask("query", sql=sql)
            assert answer.is_error, sql
            (content,) = answer.content
            assert message in content.text, sql
            assert len(content.text.splitlines()) == 1
            assert str(own_copy.parent) not in content.text
        for given in ({"names": ["nothing"]}, {"names": ["pickup"], "by": ["colour"]}):
            assert (await ask("metric", **given)).is_error

    with_client(own_copy, talk)
    assert own_copy.read_bytes() == before
    assert [path.name for path in own_copy.parent.iterdir()] == [own_copy.name]


def test_a_personal_column_is_not_served(own_copy: Path) -> None:
    name = min(personal_columns())
    own_copy.chmod(0o600)
    with duckdb.connect(str(own_copy)) as connection:
        connection.execute(f'alter table marts.dim_date add column "{name}" varchar')
    with pytest.raises(QueryError, match="personal columns"):
        served.select(own_copy, "select 1")


def test_dates_and_ids_of_every_table_can_be_asked_for(copy: Path) -> None:
    for name, _ in served.tables(copy).rows:
        if "(" not in name:
            assert served.select(copy, f"from {name} limit 1").names
    assert served.select(copy, "from marts.dim_date order by 1").rows[0][0] == date(2026, 2, 10)


def test_without_the_extra_one_line_says_how_to_install_it(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "mews_pipeline.mcp.server", raising=False)
    monkeypatch.setitem(sys.modules, "mcp.server.mcpserver", None)
    result = CliRunner().invoke(app, ["mcp"], env={"MEWS_ANALYTICS": str(copy)})
    assert result.exit_code == 1
    assert "pip install 'mews-pipeline[mcp,metrics]'" in result.stderr
    assert result.stdout == ""
