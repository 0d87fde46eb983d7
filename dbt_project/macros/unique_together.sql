{#
    The grain of a model with several keys: the columns occur together only once, and none of them is
    null. `nullable` names the columns that may be null (a birth has no from_state); two nulls count as
    the same value.
#}
{% test unique_together(model, columns, nullable=[]) %}
select
    {{ columns | join(', ') }},
    count(*) as occurrences
from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {% for column in columns if column not in nullable -%}
        or {{ column }} is null
    {% endfor %}
{% endtest %}
