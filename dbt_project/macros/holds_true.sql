{# Each row fulfils the condition; a condition that is null (unknown) is no failure. #}
{% test holds_true(model, condition) %}
select * from {{ model }}
where not ({{ condition }})
{% endtest %}
