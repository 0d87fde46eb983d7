{#
    Whether something was posted after the earliest instant at which its date may be over: 10:00 UTC of
    that date, where clocks are 14 hours ahead. Most postings precede their date, and this leaves few to
    be compared by local time. Microseconds are compared, because DuckDB asks its calendar for each
    instant that it makes of a date.
#}
{% macro is_posted_late(posted_at, date) -%}
    epoch_us({{ posted_at }}) > epoch_us(cast({{ date }} as timestamp)) + 36000000000
{%- endmacro %}
