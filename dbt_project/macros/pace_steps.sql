{# Days before a stay date whose books rpt_booking_pace tells, ascending. #}
{% macro pace_steps() -%}
    {{ return([0, 1, 3, 7, 14, 30, 60, 90, 180, 365]) }}
{%- endmacro %}
