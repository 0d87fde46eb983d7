{#
    Net pickup of definite rooms and its parts by reason; the parts sum to the net. The arguments are
    columns of the ledger.
#}
{% macro pickup_parts(rooms, guests, bucket, reason) -%}
    cast(coalesce(sum({{ rooms }}) filter (where {{ bucket }} = 'definite'), 0) as bigint) as rooms,
        cast(coalesce(sum({{ guests }}) filter (where {{ bucket }} = 'definite'), 0) as bigint)
            as guests,
        {%- for part in ("new", "converted", "reinstated", "cancelled", "no_show", "moved") %}
        cast(
            coalesce(
                sum({{ rooms }}) filter (
                    where {{ bucket }} = 'definite' and {{ reason }} = '{{ part }}'
                ), 0
            ) as bigint
        ) as rooms_{{ part }}{{ "," if not loop.last }}
        {%- endfor %}
{%- endmacro %}
