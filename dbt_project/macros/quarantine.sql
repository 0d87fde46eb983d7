{#
    Whether this build checks the identities of every reservation: it does unless it is a refresh,
    which leaves out the tests that read all of history. What these tests would find of a reservation
    that nothing touched is then named.
#}
{% macro checks_every_reservation() -%}
    {%- if not execute -%}{{ return(false) }}{%- endif -%}
    {%- set left_out = invocation_args_dict.get("exclude") or [] -%}
    {{ return("tag:history" not in left_out | join(" ")) }}
{%- endmacro %}

{# The reservations whose identities this build checks: `all_of` is a model that has every one. #}
{% macro checked_reservations(all_of) -%}
    {%- if checks_every_reservation() -%}
        select distinct reservation_id from {{ all_of }}
    {%- else -%}
        select touched_id as reservation_id from {{ ref('int_touched_service_orders') }}
        where entity = 'reservation'
    {%- endif -%}
{%- endmacro %}

{# Pre-hook: delete what is checked again. #}
{% macro delete_checked() -%}
    {%- if checks_every_reservation() and is_incremental() -%}
        delete from {{ this }}
    {%- else -%}
        {{ delete_touched('reservation', 'reservation_id') }}
    {%- endif -%}
{%- endmacro %}
