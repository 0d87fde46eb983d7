{#
    All comments in one statement: the columns are those that the project describes, so they need not be
    looked for. Tables get theirs where they are made (macros/materializations.sql); those of a table that
    is kept between builds are compared once per build (macros/upgrade.sql).
#}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- call statement("comments") -%}{{ comments(relation, model) }}{%- endcall -%}
{%- endmacro %}

{# DuckLake stores comments on views, but not on the columns of views. #}
{% macro comments(relation, model) -%}
    comment on {{ relation.type }} {{ relation }} is {{ duckdb_escape_comment(model.description) }};
    {%- if not (relation.is_view and adapter.is_ducklake(relation)) -%}
        {%- for name, column in model.columns.items() %}
            comment on column {{ relation }}.{{ name }}
            is {{ duckdb_escape_comment(column.description) }};
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
