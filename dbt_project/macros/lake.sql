{# DuckLake stores comments on views, but not on the columns of views. #}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- set keeps_columns = not (relation.is_view and adapter.is_ducklake(relation)) -%}
    {{ default__persist_docs(relation, model, for_relation, for_columns and keeps_columns) }}
{%- endmacro %}
