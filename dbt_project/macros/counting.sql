{#
    Whether people sleep in a category of this type (docs/mews-api.md, "Lodging, dormitories and
    beds"). A type that is not listed is not lodging.
#}
{% macro is_lodging_type(column) -%}
    {{ column }} in (
        'Room', 'Bed', 'Dorm', 'Apartment', 'Suite', 'Villa', 'Site', 'Tent', 'CaravanOrRV',
        'UnequippedCampsite', 'Cabin', 'Pod'
    )
{%- endmacro %}

{#
    What a total of several counting units counts: rooms, beds, or `rooms and beds`. An aggregate over
    a column with these values.
#}
{% macro counting_units(unit) -%}
    case
        when bool_and({{ unit }} = 'beds') then 'beds'
        when bool_and({{ unit }} = 'rooms') then 'rooms'
        else 'rooms and beds'
    end
{%- endmacro %}

{# How a service counts in hotel totals, `sellable_units` or `rooms`: the variable counting_levels. #}
{% macro counting_level(service_id) -%}
    {%- set levels = (var("counting_levels") or {}) -%}
    {%- for level in levels.values() if level not in ("sellable_units", "rooms") -%}
        {{ exceptions.raise_compiler_error(
            "counting_levels knows sellable_units and rooms, not " ~ level
        ) }}
    {%- endfor -%}
    {%- if levels -%}
        case {{ service_id }}
            {% for service, level in levels.items() -%}
                when '{{ service }}' then '{{ level }}'
            {% endfor -%}
            else 'sellable_units'
        end
    {%- else -%}
        'sellable_units'
    {%- endif -%}
{%- endmacro %}
