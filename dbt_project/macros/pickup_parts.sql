{# Net pickup of definite rooms and its parts by reason: the parts sum to the net. #}
{% macro pickup_parts() -%}
    cast(coalesce(sum(rooms) filter (where bucket = 'definite'), 0) as bigint) as rooms,
        cast(coalesce(sum(guests) filter (where bucket = 'definite'), 0) as bigint) as guests,
        {%- for reason in ("new", "converted", "reinstated", "cancelled", "no_show", "moved") %}
        cast(
            coalesce(
                sum(rooms) filter (where bucket = 'definite' and reason = '{{ reason }}'), 0
            ) as bigint
        ) as rooms_{{ reason }}{{ "," if not loop.last }}
        {%- endfor %}
{%- endmacro %}
