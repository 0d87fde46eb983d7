{#
    Convert an ISO 8601 duration to an interval: `P0M0DT15H0M0S`, `P3DT4H`, `-PT7H`,
    `P0M0DT-7H0M0S` (docs/mews-api.md, "Instants and durations"). Null if the text is null or is not a
    duration.
#}
{% macro iso_duration(text) -%}
    case
        when regexp_matches({{ text }}, '{{ duration_pattern() }}')
            and regexp_matches({{ text }}, '[0-9]')
            then (
                to_months(
                    cast({{ duration_part(text, 2) }} * 12 + {{ duration_part(text, 3) }} as integer)
                )
                + to_days(
                    cast({{ duration_part(text, 4) }} * 7 + {{ duration_part(text, 5) }} as integer)
                )
                + to_seconds(
                    {{ duration_part(text, 6) }} * 3600
                    + {{ duration_part(text, 7) }} * 60
                    + {{ duration_part(text, 8) }}
                )
            ) * case when {{ text }} like '-%' then -1 else 1 end
    end
{%- endmacro %}

{# The groups of the pattern: sign, years, months, weeks, days, hours, minutes, seconds. #}
{% macro duration_pattern() -%}
    {%- set number = "([+-]?[0-9]+)" -%}
    {%- set date_part = "(?:nY)?(?:nM)?(?:nW)?(?:nD)?" | replace("n", number) -%}
    {%- set time_part = "(?:T(?:nH)?(?:nM)?(?:([+-]?[0-9]+(?:[.][0-9]+)?)S)?)?"
        | replace("n", number) -%}
    ^([+-]?)P{{ date_part }}{{ time_part }}$
{%- endmacro %}

{% macro duration_part(text, group) -%}
    coalesce(
        try_cast(
            regexp_extract({{ text }}, '{{ duration_pattern() }}', {{ group }}) as double
        ), 0
    )
{%- endmacro %}
