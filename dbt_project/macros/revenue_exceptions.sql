{#
    What an item may lack: for each exception the condition on an item of rpt_revenue_exceptions, and
    what is meant in a few words, without personal data.
#}
{% macro exceptions_of_items() -%}
    {{ return({
        "amount_not_a_number": {
            "condition": "net is null or gross is null",
            "detail": "'It counts as nothing; raw.order_items keeps the original.'",
        },
        "no_currency": {
            "condition": "currency = 'unknown'",
            "detail": "'It counts in the currency unknown.'",
        },
        "no_date": {
            "condition": "revenue_date is null",
            "detail": "'No date of consumption, or no time zone to place it.'",
        },
        "unknown_item_type": {
            "condition": "not is_type_known",
            "detail": "'The seed revenue_streams does not name ' || item_type || '.'",
        },
        "unknown_classification": {
            "condition": "is_type_known and stream = 'unmapped'",
            "detail": "'The seed revenue_streams does not name ' || item_type"
                ~ "\n            || ' with ' || classification || '.'",
        },
        "unknown_service": {
            "condition": "not is_service_known",
            "detail": "'No such service has landed.'",
        },
        "rebate_without_root": {
            "condition": "rebated_item_id is not null and root_item_id is null",
            "detail": "'What it rebates is not known, so it has its own date.'",
        },
        "tax_differs": {
            "condition": "breakdown_tax is not null",
            "detail": "'The breakdown has ' || breakdown_tax || ' of tax, gross less net is '"
                ~ " || tax || '.'",
        },
        "item_without_night": {
            "condition": "is_stray and item_type = 'SpaceOrder' and bucket = 'definite'"
                ~ " and net != 0",
            "detail": "'Its reservation is not known, or does not hold that night.'",
        },
    }) }}
{%- endmacro %}

{# Whether an item has any of these. #}
{% macro has_an_exception() -%}
    {%- for exception in exceptions_of_items().values() -%}
        ({{ exception.condition }}){{ " or " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
