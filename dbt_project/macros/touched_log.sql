{#
    Post-hook of int_touched_service_orders and int_touched_order_items: keep which ids each build
    touched, so that publishing finds out what was posted since the build that a published copy shows
    (mews_pipeline/publish/touched.py). Each of the two models counts as a build here. Every build adds a row of its own. A build that posts everything again begins a new log, and a copy
    of a build that is not in the log is published in full: code that deletes or rewrites rows of the
    marts in another way empties the log. The id of a build is random, because a warehouse that was
    restored from a backup counts its builds from there.
#}
{% macro log_touched() %}
    {{ log_touched_rows(applied_through()) }}
{% endmacro %}

{# The log of one model: `applied` is the landing of its mark, none if it posts everything again. #}
{% macro log_touched_rows(applied) %}
    create table if not exists intermediate.touched_log (
        build_number bigint, build_id varchar, entity varchar, touched_id varchar
    );
    {% if applied -%}
        delete from intermediate.touched_log
        where build_number < (
            select max(build_number) - {{ builds_kept() }} from intermediate.touched_log
        );
    {%- else -%}
        delete from intermediate.touched_log;
    {%- endif %}
    insert into intermediate.touched_log
    with

    build as (

        select
            coalesce(max(build_number), 0) + 1 as build_number,
            cast(uuid() as varchar) as build_id
        from intermediate.touched_log

    )

    select
        build_number,
        build_id,
        'build' as entity,
        null as touched_id
    from build
    {%- if applied %}
        union all
        select
            build.build_number,
            build.build_id,
            touched.entity,
            touched.touched_id
        from {{ this }} as touched
        cross join build
    {%- endif %};
{% endmacro %}

{# A week of half hours, of two models each: a copy is published in full every night. #}
{% macro builds_kept() -%}
    {{ return(672) }}
{%- endmacro %}
