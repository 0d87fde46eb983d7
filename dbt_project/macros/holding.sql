{# What a version of a reservation holds on the books, as one value that can be compared. #}
{% macro holding(bucket) -%}
    {
        'bucket': case when is_placed then {{ bucket }} else 'unknown' end,
        'service_id': service_id,
        'resource_category_id': resource_category_id,
        'first_night': first_night,
        'last_night': last_night,
        'guests': guests,
        'adults': adults,
        'children': children
    }
{%- endmacro %}
