{#
    What a state holds on the books (docs/mews-api.md, "States"). Requested and Inquired hold no room
    and are kept apart as pipeline; Canceled holds nothing (null); a state that Mews does not document
    is `unknown`.
#}
{% macro bucket(state) -%}
    case
        when {{ state }} in ('Confirmed', 'Started', 'Processed') then 'definite'
        when {{ state }} = 'Optional' then 'optional'
        when {{ state }} in ('Inquired', 'Requested') then 'pipeline'
        when {{ state }} = 'Canceled' then null
        else 'unknown'
    end
{%- endmacro %}

{#
    Whether a cancelled reservation with no earlier known version had been an option
    (docs/architecture.md, "The room-night ledger").
#}
{% macro was_optional(released_utc, cancellation_reason) -%}
    (
        {{ released_utc }} is not null
        or coalesce({{ cancellation_reason }}, '') in ('ConfirmationMissed', 'BookingAbandoned')
    )
{%- endmacro %}
