{#
    Run before each build, so that a warehouse built by another version of the project upgrades by
    itself. Drops two kinds of relations: those that no model builds any more, and incremental models
    (and the mark) whose columns, or types under a contract, are no longer those that the project
    declares, which makes this build post everything again. Incremental models whose descriptions changed
    get the new ones.
#}
{% macro drop_outdated_relations() -%}
    {%- if execute and flags.WHICH in ("run", "build") -%}
        {%- for found in run_query(described_relations()).rows -%}
            {%- set relation = api.Relation.create(
                target.database, found["schema_name"], found["name"], type=found["kind"]
            ) -%}
            {%- if is_retired(found) or is_redeclared(found) -%}
                {{ log("Dropping " ~ found["schema_name"] ~ "." ~ found["name"] ~ ": this version of "
                    ~ "the project does not build it, or not with these columns", info=true) }}
                {# By the adapter, so that dbt's cache forgets the relation too #}
                {%- do adapter.drop_relation(relation) -%}
            {%- elif is_described_otherwise(found) -%}
                {%- do run_query(comments(relation, node_of(found))) -%}
            {%- endif -%}
        {% endfor -%}
    {%- endif -%}
{%- endmacro %}

{#
    Relations with a description: dbt writes one on everything that it builds (persist_docs), and a
    table that somebody made by hand has none and is left alone.
#}
{% macro described_relations() -%}
    with

    relations as (

        select
            database_name,
            schema_name,
            table_name as name,
            'table' as kind,
            comment
        from duckdb_tables()
        union all
        select
            database_name,
            schema_name,
            view_name as name,
            'view' as kind,
            comment
        from duckdb_views()

    )

    select
        relations.schema_name,
        relations.name,
        relations.kind,
        relations.comment,
        string_agg(columns.column_name, ',' order by columns.column_name) as column_names,
        string_agg(
            columns.column_name || ' ' || lower(columns.data_type), ',' order by columns.column_name
        ) as column_types,
        string_agg(
            columns.column_name || ' ' || coalesce(columns.comment, ''), ','
            order by columns.column_name
        ) as column_comments
    from relations
    left join duckdb_columns() as columns
        on
            relations.database_name = columns.database_name
            and relations.schema_name = columns.schema_name
            and relations.name = columns.table_name
    where
        relations.database_name = '{{ target.database }}'
        and relations.schema_name in ('staging', 'intermediate', 'marts')
        and relations.comment is not null
    group by relations.schema_name, relations.name, relations.kind, relations.comment
{%- endmacro %}

{# Whether no model or seed of the project builds the relation. #}
{% macro is_retired(found) -%}
    {{ return(node_of(found) is none) }}
{%- endmacro %}

{#
    Whether the relation is kept between builds, this build makes it, and its columns (under a
    contract their types too) are not those that the project declares. It is dropped only if the ids
    that it posts can be touched again.
#}
{% macro is_redeclared(found) -%}
    {%- set node = node_of(found) -%}
    {%- set is_kept = node is not none and (
        node.config.materialized == "incremental"
        or node.name in ("int_refresh_applied", "int_money_applied")) -%}
    {%- set needed = [touched_upstream(node), node.unique_id] if node else [] -%}
    {%- if not is_kept or needed | reject("in", selected_resources) | list -%}
        {{ return(false) }}
    {%- endif -%}
    {{ return(declared_columns(node) != found[described_columns(node)]) }}
{%- endmacro %}

{# Whether the relation is kept between builds with the declared columns, but described otherwise. #}
{% macro is_described_otherwise(found) -%}
    {%- set node = node_of(found) -%}
    {%- if node.config.materialized != "incremental"
        or declared_columns(node) != found[described_columns(node)] -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set described = [] -%}
    {%- for name, column in node.columns.items() -%}
        {%- do described.append(name ~ " " ~ column.description) -%}
    {%- endfor -%}
    {{ return(
        found["comment"] != node.description
        or found["column_comments"] != described | sort | join(",")
    ) }}
{%- endmacro %}

{# What is compared with declared_columns: names, and under a contract their types too. #}
{% macro described_columns(node) -%}
    {{ return("column_types" if node.config.contract.enforced else "column_names") }}
{%- endmacro %}

{# The model that touches the ids that a kept relation posts: that of money, or that of rooms. #}
{% macro touched_upstream(node) -%}
    {%- set of_money = reposted_money_models() + recounted_money_models()
        + ["int_money_applied", "int_rebates"] -%}
    {{ return(
        "model.mews_pipeline."
        ~ ("int_touched_order_items" if node.name in of_money else "int_touched_service_orders")
    ) }}
{%- endmacro %}

{# The model or seed that builds a relation, or none. #}
{% macro node_of(found) -%}
    {%- for node in graph.nodes.values()
        if node.resource_type in ("model", "seed")
        and node.schema == found["schema_name"]
        and node.alias == found["name"] -%}
        {{ return(node) }}
    {%- endfor -%}
    {{ return(none) }}
{%- endmacro %}
