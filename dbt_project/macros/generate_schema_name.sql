{# The schemas are exactly staging, intermediate and marts, whatever the target's name. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
