{#
    Whether Mews allows a transition (docs/mews-api.md, "Transitions"). Orders have no check-in
    (`checks_in` is false): they go from Confirmed to Processed.
#}
{% macro is_legal(from_state, to_state, checks_in) -%}
    case
        when {{ from_state }} is null
            then {{ to_state }} in ('Inquired', 'Requested', 'Optional', 'Confirmed')
        when {{ from_state }} in ('Inquired', 'Requested')
            then {{ to_state }} in ('Inquired', 'Requested', 'Optional', 'Confirmed', 'Canceled')
        when {{ from_state }} = 'Optional' then {{ to_state }} in ('Confirmed', 'Canceled')
        when {{ from_state }} = 'Confirmed'
            then
                {{ to_state }} = 'Canceled'
                or {{ to_state }} = case when {{ checks_in }} then 'Started' else 'Processed' end
        when {{ from_state }} = 'Started' then {{ to_state }} = 'Processed'
        when {{ from_state }} = 'Canceled'
            then {{ to_state }} in ('Inquired', 'Requested', 'Optional', 'Confirmed')
        else false
    end
{%- endmacro %}

{# How far along a state is; null for Canceled (leaving it restores) and for unknown states. #}
{% macro state_rank(state) -%}
    case {{ state }}
        when 'Inquired' then 0
        when 'Requested' then 0
        when 'Optional' then 1
        when 'Confirmed' then 2
        when 'Started' then 3
        when 'Processed' then 4
    end
{%- endmacro %}
