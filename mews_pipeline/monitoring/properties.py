"""The properties that each access token opens, according to its last listing of enterprises."""

import duckdb

_NAMES = """
    with latest as (
        select token_key, arg_max(enterprise_ids, _landed_at) as enterprise_ids
        from raw.fetches where operation = 'enterprises' and refused is null
        group by token_key
    ),
    seen as (
        select token_key, unnest(cast(enterprise_ids as varchar[])) as id from latest
    ),
    named as (
        select id, arg_max(name, _landed_at) as name from raw.enterprises group by id
    )
    select token_key, list(coalesce(name, id) order by name, id)
    from seen left join named using (id) group by token_key
"""


def properties(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Return the names of the properties of each access token, by the token's short hash.

    Reads from a connection that the caller opened with `Warehouse.open()`.
    """
    return dict(connection.execute(_NAMES).fetchall())
