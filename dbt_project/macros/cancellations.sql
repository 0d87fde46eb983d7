{#
    Whether a reservation is a cancelled firm booking (docs/mews-api.md, "Hotel metrics"): no-shows,
    corrections and bookings that were never confirmed do not count.
#}
{% macro is_clean_cancellation(state, released_utc, cancellation_reason) -%}
    {{ state }} = 'Canceled'
    and {{ released_utc }} is null
    and coalesce({{ cancellation_reason }}, '') not in (
        'NoShow', 'InputError', 'Update', 'BookingAbandoned', 'ConfirmationMissed'
    )
{%- endmacro %}

{# Lead-time buckets of cancellations, as text that sorts in order. #}
{% macro lead_bucket(days) -%}
    case
        when {{ days }} is null then 'not known'
        when {{ days }} <= 0 then '00 days'
        when {{ days }} <= 1 then '01 day'
        when {{ days }} <= 3 then '02-03 days'
        when {{ days }} <= 7 then '04-07 days'
        when {{ days }} <= 14 then '08-14 days'
        when {{ days }} <= 30 then '15-30 days'
        when {{ days }} <= 60 then '31-60 days'
        when {{ days }} <= 90 then '61-90 days'
        else '91 days and more'
    end
{%- endmacro %}
