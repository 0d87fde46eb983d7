{# The first text of a localised name ({"en-US": "Double"}), in whatever language it is. #}
{% macro first_translation(names) -%}
    json_extract_string({{ names }}, '$.*')[1]
{%- endmacro %}
