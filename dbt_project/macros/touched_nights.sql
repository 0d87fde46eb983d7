{#
    For counts per service and night: keep only the rows of touched nights. Every version of a touched
    reservation touches its nights, so nights that it held earlier are counted again too. Counting a
    night twice gives the same numbers.
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

{#
    Pre-hook: delete the touched nights before they are counted again, in the same transaction. If the
    zone or offsets of a service changed, all its reservations are touched and its earlier nights may
    be others, so all its nights are deleted.
#}
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
