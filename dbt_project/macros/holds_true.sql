{# Every row meets the condition. A condition that is null (unknown) does not fail. #}
{% test holds_true(model, condition) %}
select * from {{ model }}
where not ({{ condition }})
{% endtest %}
