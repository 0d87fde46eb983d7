{#
    Counts per service and night, incremental by the nights of touched reservations: of those every
    version is looked at, so nights that they once held are counted anew as well. Of a service whose
    zone or offsets changed all reservations are touched, and its nights of before may be others:
    they are deleted whole. What is counted is the same when counted twice.
#}
{% macro of_touched_nights(rows, night) -%}
    {%- set touched = ref("int_touched_nights") -%}
    {%- do ref("int_touched_service_orders") -%}
    {%- if is_incremental() -%}
    semi join {{ touched }} as touched
        on
            {{ rows }}.service_id = touched.service_id
            and {{ rows }}.{{ night }} is not distinct from touched.stay_date
    {%- endif -%}
{%- endmacro %}

{# Pre-hook: take the touched nights out before they are counted again, in the same transaction. #}
{% macro delete_touched_nights() -%}
    {%- if is_incremental() -%}
        delete from {{ this }} as counted
        where
            service_id in (
                select touched_id from {{ ref('int_touched_service_orders') }}
                where entity = 'service'
            )
            or exists (
                select 1 from {{ ref('int_touched_nights') }} as touched
                where
                    counted.service_id = touched.service_id
                    and counted.stay_date is not distinct from touched.stay_date
            )
    {%- endif -%}
{%- endmacro %}
