{#
    The night rule (docs/mews-api.md, "The night rule"). A stay holds night d when it overlaps the
    service's occupancy period (d 00:00 + start offset, d+1 00:00 + end offset), ends excluded, in
    local wall-clock time, so changes of the clocks move no night. Arguments are SQL expressions:
    instants (timestamptz), an IANA zone, intervals. If a stay does not end after it starts,
    `night_count` is 0 whatever `first_night` and `last_night` give.
#}
{% macro local_time(instant, zone) -%}
    ({{ instant }} at time zone {{ zone }})
{%- endmacro %}

{% macro first_night(start, zone, occupancy_end_offset) -%}
    cast({{ local_time(start, zone) }} - {{ occupancy_end_offset }} as date)
{%- endmacro %}

{% macro last_night(end, zone, occupancy_start_offset) -%}
    cast({{ local_time(end, zone) }} - {{ occupancy_start_offset }} - interval 1 microsecond as date)
{%- endmacro %}

{# The first night whose occupancy period opens at or after the instant. #}
{% macro next_night(instant, zone, occupancy_start_offset) -%}
    (
        cast(
            {{ local_time(instant, zone) }}
            - {{ occupancy_start_offset }}
            - interval 1 microsecond as date
        ) + 1
    )
{%- endmacro %}

{% macro night_count(start, end, zone, occupancy_start_offset, occupancy_end_offset) -%}
    case
        when {{ end }} <= {{ start }} then 0
        else greatest(
            0,
            {{ last_night(end, zone, occupancy_start_offset) }}
            - {{ first_night(start, zone, occupancy_end_offset) }}
            + 1
        )
    end
{%- endmacro %}
