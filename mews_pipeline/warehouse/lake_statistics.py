"""Keep the catalog's smallest and largest value of each column of a lake true.

DuckLake (1.5.5) forgets them when it rewrites files one of which has no value in the column; the
next insert then records its own values as those of the whole table, and a query with a condition
on that column misses rows. They also keep values that no row has any more.
"""

import duckdb

_WRONG = """
    with files as (
        select
            statistics.table_id, statistics.column_id, types.column_type as kind,
            statistics.min_value, statistics.max_value
        from {metadata}.ducklake_file_column_stats as statistics
        inner join {metadata}.ducklake_data_file as files
            on statistics.data_file_id = files.data_file_id and files.end_snapshot is null
        inner join {metadata}.ducklake_column as types
            on statistics.table_id = types.table_id
            and statistics.column_id = types.column_id and types.end_snapshot is null
    ),
    true_values as (
        select
            table_id, column_id,
            if(any_value(kind) similar to '(u?int|float|decimal|double).*',
                arg_min(min_value, try_cast(min_value as double)), min(min_value)) as smallest,
            if(any_value(kind) similar to '(u?int|float|decimal|double).*',
                arg_max(max_value, try_cast(max_value as double)), max(max_value)) as largest
        from files
        group by table_id, column_id
    )
    select smallest, largest, known.table_id, known.column_id
    from {metadata}.ducklake_table_column_stats as known
    inner join true_values using (table_id, column_id)
    where known.min_value is distinct from smallest or known.max_value is distinct from largest
"""


def repair_statistics(connection: duckdb.DuckDBPyConnection, catalog: str = "lake") -> int:
    """Take the bounds of each column from its files; return how many columns were wrong.

    The caller holds the exclusive lock, has written inlined rows to files, and closes this
    connection, which still knows the old values.
    """
    metadata = f"__ducklake_metadata_{catalog}"
    wrong = connection.execute(_WRONG.format(metadata=metadata)).fetchall()
    for row in wrong:
        connection.execute(
            f"update {metadata}.ducklake_table_column_stats set min_value = ?, max_value = ?"
            " where table_id = ? and column_id = ?",
            row,
        )
    return len(wrong)
