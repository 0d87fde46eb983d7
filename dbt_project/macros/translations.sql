{# The first text of a localised name ({"en-US": "Double"}), whatever its languages. #}
{% macro first_translation(names) -%}
    json_extract_string({{ names }}, '$.*')[1]
{%- endmacro %}

{# The day from which reports run (MEWS_START_DATE). #}
{% macro start_date() -%}
    date '{{ env_var("MEWS_START_DATE", "2023-01-01") }}'
{%- endmacro %}
