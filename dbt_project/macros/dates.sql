{# The first day of the reports (MEWS_START_DATE). #}
{% macro start_date() -%}
    date '{{ env_var("MEWS_START_DATE", "2023-01-01") }}'
{%- endmacro %}

{# A list of dates, one day apart, both ends included; null where an end is null. #}
{% macro date_list(first, last) -%}
    generate_series(
        cast({{ first }} as timestamp), cast({{ last }} as timestamp), interval 1 day
    )
{%- endmacro %}

{# One row per date from `first` to `last`, both included. Null or empty ranges give no row. #}
{% macro dates_between(first, last) -%}
    cast(unnest({{ date_list(first, last) }}) as date)
{%- endmacro %}
