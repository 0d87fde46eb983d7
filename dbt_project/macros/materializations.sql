{#
    How tables are written, in one transaction each and with as few statements as that needs. dbt-duckdb
    creates a table under another name, renames both and drops the old one, and it fills a temporary
    table before it appends: a third of the CPU of a refresh went into these steps around the SQL.
#}
{% materialization table, adapter="duckdb", supported_languages=["sql"] %}
    {%- set target_relation = this.incorporate(type="table") -%}

    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {{ create_anew(target_relation) }}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}

    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}

{#
    Appends to the table that there is, after the pre-hook has deleted what is written again. A table
    whose columns are not those of the project was dropped before (macros/upgrade.sql).
#}
{% materialization incremental, adapter="duckdb", supported_languages=["sql"] %}
    {%- set target_relation = this.incorporate(type="table") -%}
    {%- set is_kept = is_incremental() -%}

    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% if is_kept -%}
        {% call statement("main") -%}
            insert into {{ target_relation }} by name (
                {{ compiled_code }}
            )
        {%- endcall %}
    {%- else -%}
        {{ create_anew(target_relation) }}
    {%- endif %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}

    {{ return({"relations": [target_relation]}) }}
{% endmaterialization %}

{% macro create_anew(target_relation) %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {% call statement("main") -%}
        {% if existing_relation is not none -%}
            drop {{ existing_relation.type }} if exists {{ existing_relation }};
        {%- endif %}
        create table {{ target_relation }} as (
            {{ compiled_code }}
        );
        {{ comments(target_relation, model) }}
    {%- endcall %}
    {% do check_contract(target_relation) %}
{% endmacro %}
