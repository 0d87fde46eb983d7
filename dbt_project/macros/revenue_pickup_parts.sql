{#
    Net pickup of money and its parts by reason; the parts sum to the net. What comes onto the books
    again, or from a tentative booking, is new there. The arguments are columns of the ledger.
#}
{% macro revenue_pickup_parts(net, reason) -%}
    {%- set parts = {
        "net_new": ["new", "converted", "reinstated"],
        "net_cancelled": ["cancelled"],
        "net_rate_change": ["price_changed"],
        "net_rebate": ["rebate"],
        "net_moved": ["moved"],
    } -%}
    {%- for part, reasons in parts.items() %}
        coalesce(sum({{ net }}) filter (where {{ reason }} in ('{{ reasons | join("', '") }}')), 0)
            as {{ part }},
    {%- endfor %}
        sum({{ net }}) as net
{%- endmacro %}
