{# The numbers of days before a stay date for which rpt_booking_pace shows the books, ascending. #}
{% macro pace_steps() -%}
    {{ return([0, 1, 3, 7, 14, 30, 60, 90, 180, 365]) }}
{%- endmacro %}
