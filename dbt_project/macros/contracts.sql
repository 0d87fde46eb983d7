{#
    Fails the build of a mart whose columns or types are not those of its yml file. Runs inside the
    transaction that made the table, so the former table stays. It reads the columns of the finished
    table; dbt's own check plans the whole query twice more. A table that is kept between builds casts
    what is appended to its own types, so it needs no check.
#}
{% macro check_contract(relation) -%}
    {%- if model.config.contract.enforced -%}
        {%- set found = {} -%}
        {%- for row in run_query(columns_of(relation)).rows -%}
            {%- do found.update({row[0]: row[1]}) -%}
        {%- endfor -%}
        {%- set problems = [] -%}
        {%- for name, kind in found.items() if name not in model.columns -%}
            {%- do problems.append(name ~ " " ~ kind ~ " is not in the contract") -%}
        {%- endfor -%}
        {%- for name, column in model.columns.items() if found.get(name) != column.data_type -%}
            {%- do problems.append(
                name ~ " is " ~ found.get(name, "missing") ~ ", not " ~ column.data_type
            ) -%}
        {%- endfor -%}
        {%- if problems -%}
            {{ exceptions.raise_compiler_error(
                model.name ~ " breaks its contract: " ~ problems | join("; ")
                ~ ". Correct the SQL, or change its yml file and note it in the changelog: other "
                ~ "people's queries read these columns"
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# The names and types of the columns of a table. #}
{% macro columns_of(relation) -%}
    select column_name, lower(data_type) as data_type
    from duckdb_columns()
    where
        database_name = '{{ relation.database }}'
        and schema_name = '{{ relation.schema }}'
        and table_name = '{{ relation.identifier }}'
    order by column_index
{%- endmacro %}

{# What the project declares of a node's columns: names, and under a contract their types too. #}
{% macro declared_columns(node) -%}
    {%- set declared = [] -%}
    {%- for name, column in node.columns.items() -%}
        {%- set kind = " " ~ column.data_type if node.config.contract.enforced else "" -%}
        {%- do declared.append(name ~ kind) -%}
    {%- endfor -%}
    {{ return(declared | sort | join(",")) }}
{%- endmacro %}
