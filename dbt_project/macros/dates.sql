{# The first day of the reports (MEWS_START_DATE). #}
{% macro start_date() -%}
    date '{{ env_var("MEWS_START_DATE", "2023-01-01") }}'
{%- endmacro %}

{# How many years after the present one nights are posted (MEWS_LEDGER_YEARS_AHEAD). #}
{% macro ledger_years_ahead() -%}
    {{ env_var("MEWS_LEDGER_YEARS_AHEAD", "3") | int }}
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

{#
    The instant at which a local clock first shows a time. When the clocks go back it shows some times
    twice, and DuckDB takes the second one. Zones go back by half an hour to two hours.
#}
{% macro first_instant(shown, zone) -%}
    coalesce(
        {% for back in ("2 hour", "1 hour", "30 minute") -%}
            case
                when
                    (({{ shown }}) at time zone {{ zone }} - interval {{ back }})
                    at time zone {{ zone }} = {{ shown }}
                    then ({{ shown }}) at time zone {{ zone }} - interval {{ back }}
            end,
        {% endfor -%}
        ({{ shown }}) at time zone {{ zone }}
    )
{%- endmacro %}
