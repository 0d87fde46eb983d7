{#
    DuckLake stores comments on views, but not on the columns of views. Comments stay on a table that is
    not made again, so they are written there only if the project's descriptions have changed.
#}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- set keeps_columns = not (relation.is_view and adapter.is_ducklake(relation)) -%}
    {%- if not (is_incremental() and has_comments(relation, model)) -%}
        {{ default__persist_docs(relation, model, for_relation, for_columns and keeps_columns) }}
    {%- endif -%}
{%- endmacro %}

{# Whether the columns of a table have the comments that the project describes them with. #}
{% macro has_comments(relation, model) -%}
    {%- set found = run_query(
        "select column_name, comment from duckdb_columns() where database_name = '"
        ~ relation.database ~ "' and schema_name = '" ~ relation.schema
        ~ "' and table_name = '" ~ relation.identifier ~ "'"
    ) -%}
    {%- set comments = {} -%}
    {%- for row in found.rows -%}{%- do comments.update({row[0]: row[1]}) -%}{%- endfor -%}
    {%- for name, column in model.columns.items()
        if comments.get(name) != column.description -%}
        {{ return(false) }}
    {%- endfor -%}
    {{ return(true) }}
{%- endmacro %}

{# All columns at once: they are those that the project describes, so dbt need not look for them. #}
{% macro duckdb__alter_column_comment(relation, column_dict) -%}
    {%- for name, column in column_dict.items() %}
        comment on column {{ relation }}.{{ name }} is {{ duckdb_escape_comment(column.description) }};
    {%- endfor %}
{%- endmacro %}
