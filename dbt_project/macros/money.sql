{# The models that delete touched items and post them again; models/refresh explains the protocol. #}
{% macro reposted_money_models() -%}
    {{ return(["fct_revenue_ledger", "int_order_items"]) }}
{%- endmacro %}

{#
    The landing up to which every item is posted, as SQL; none if all must be posted again, because the
    mark or one of the posted models is missing, or the mapping to streams is another one.
#}
{% macro money_applied_through() -%}
    {%- if not execute or flags.FULL_REFRESH -%}{{ return(none) }}{%- endif -%}
    {%- for name in reposted_money_models() + ["int_money_applied"] if kept_relation(name) is none -%}
        {{ return(none) }}
    {%- endfor -%}
    {%- set found = run_query(
        "select cast(max(mark.landed_through) as varchar) from "
        ~ kept_relation("int_money_applied") ~ " as mark inner join "
        ~ ref("int_money_context") ~ " as context using (mapping)"
    ) -%}
    {%- set landed_through = found.columns[0].values()[0] -%}
    {{ return("timestamptz '" ~ landed_through ~ "'" if landed_through else none) }}
{%- endmacro %}

{# Pre-hook: delete the touched items before they are posted again, in the same transaction. #}
{% macro delete_touched_items() -%}
    {%- if is_incremental() -%}
        {%- if money_applied_through() -%}
            delete from {{ this }}
            where order_item_id in (
                select touched_id from {{ ref('int_touched_order_items') }}
                where entity = 'order_item'
            )
        {%- else -%}
            delete from {{ this }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#
    Post-hook of int_touched_order_items: add its ids to the log (macros/touched_log.sql). The first
    items that ever land are not listed one by one.
#}
{% macro log_touched_items() %}
    {%- set applied = money_applied_through() -%}
    {%- if applied == long_ago()
        and run_query("select 1 from " ~ this ~ " limit 1").rows | length -%}
        {%- set applied = none -%}
    {%- endif -%}
    {{ log_touched_rows(applied) }}
{% endmacro %}

{# Whether no item has ever landed. `applied` is the landing of the mark, which is long ago then. #}
{% macro is_without_items(applied) -%}
    {%- set items = ref("stg_mews__order_items") -%}
    {{ return(
        execute
        and applied == long_ago()
        and run_query("select 1 from " ~ items ~ " limit 1").rows | length == 0
    ) }}
{%- endmacro %}

{#
    An instant before any item: from when on a first version holds, and the mark of a warehouse without
    any item, so that its builds do not count as builds in full.
#}
{% macro long_ago() -%}
    timestamptz '1970-01-01 00:00:00+00'
{%- endmacro %}

{#
    The bucket of an item of an order in this state. What was charged for a cancelled order is
    still owed, so Canceled is definite here.
#}
{% macro order_bucket(state) -%}
    coalesce({{ bucket(state) }}, 'definite')
{%- endmacro %}

{#
    The bucket in which an item counts; null if it does not count. `bucket` is that of its order.
    An inactive item has no value yet, unless its order is an option. A state that Mews does not
    document is kept apart.
#}
{% macro item_bucket(state, bucket) -%}
    case
        when {{ state }} in ('Open', 'Closed') then {{ bucket }}
        when {{ state }} = 'Inactive' and {{ bucket }} = 'optional' then 'optional'
        when {{ state }} in ('Inactive', 'Canceled') then null
        else 'unknown'
    end
{%- endmacro %}

{# The local date of an item by itself: of a night the night, of everything else its consumption. #}
{% macro item_date(item_type, start_utc, consumed_utc, zone) -%}
    cast(
        {{ local_time(
            "case when " ~ item_type ~ " = 'SpaceOrder' then coalesce(" ~ start_utc ~ ", "
            ~ consumed_utc ~ ") else " ~ consumed_utc ~ " end", zone
        ) }} as date
    )
{%- endmacro %}

{#
    For each key (enterprise_id, item_type, classification) of a relation, the row of a seed that says
    most about it: one of the property before one of all properties, one of the type before any type,
    one of the classification before any. A key without a row is left out. `per` are more columns of
    the seed of which each value has a row of its own, such as the name of a definition.
#}
{% macro most_specific(keys, seed, per="") -%}
    select
        keys.enterprise_id,
        keys.item_type,
        keys.classification,
        seed.* exclude (enterprise_id, item_type, classification)
    from {{ keys }} as keys
    inner join {{ seed }} as seed
        on
            coalesce(seed.enterprise_id, keys.enterprise_id) = keys.enterprise_id
            and (seed.item_type = keys.item_type or seed.item_type = '*')
            and (seed.classification = keys.classification or seed.classification = '*')
    qualify
        row_number() over (
            partition by {{ per ~ ", " if per }}keys.enterprise_id, keys.item_type, keys.classification
            order by
                seed.enterprise_id is null, seed.item_type = '*', seed.classification = '*'
        ) = 1
{%- endmacro %}

{#
    The items whose postings this build checks: all of them unless it is a refresh. The ids are not in
    a CTE, because DuckDB would then read history without leaving out the rows of other items.
#}
{% macro of_checked_items() -%}
    {%- set touched = ref("int_touched_order_items") -%}
    {%- if not checks_every_reservation() -%}
        where order_item_id in (select touched_id from {{ touched }} where entity = 'order_item')
    {%- endif -%}
{%- endmacro %}
