{{ config(post_hook="{{ log_touched_items() }}") }}
-- Touched items are found by landing time, as in int_touched_service_orders, with a mark of their
-- own: a build that fails for money alone leaves the mark of rooms as it is, and vice versa
{% set applied = money_applied_through() %}
{% set since = "landed_at > " ~ applied if applied else "true" %}
{# Without any item the mark is long ago, and all orders would be read for nothing #}
{% set orders_since = "false" if is_without_items(applied) else since %}
{# Two models write the log of touched ids, and never at once #}
{% do ref("int_touched_service_orders") %}
{% do ref("int_money_context") %}

-- What is read of history more than once is not materialized, or all of it would be copied
with recursive

items as not materialized (

    select * from {{ ref('stg_mews__order_items') }}

),

order_landings as not materialized (

    select * from {{ ref('int_order_landings') }}

),

service_versions as (

    select * from {{ ref('stg_mews__services') }}

),

enterprise_versions as (

    select * from {{ ref('stg_mews__enterprises') }}

),

category_versions as (

    select * from {{ ref('stg_mews__accounting_categories') }}

),

-- An item that names two rebated items over time follows one of them
rebates as (

    select
        order_item_id,
        max(rebated_item_id) as rebated_item_id
    from {{ ref('int_rebates') }}
    group by order_item_id

),

{% if applied -%}
    -- Reference data as they are now, and as they were when everything was last posted
    services as (

        {{ now_and_posted('service_versions', 'service_id', applied) }}

    ),

    enterprises as (

        {{ now_and_posted('enterprise_versions', 'enterprise_id', applied) }}

    ),

    categories as (

        {{ now_and_posted('category_versions', 'accounting_category_id', applied) }}

    ),

    changed_enterprises as (

        select enterprise_id
        from enterprises
        group by enterprise_id
        having
            count(*) = 1
            or min(coalesce(time_zone_identifier, 'no zone'))
            != max(coalesce(time_zone_identifier, 'no zone'))

    ),

    -- A service that is new, or that belongs to another enterprise or to one whose zone changed
    changed_services as (

        select service_id
        from services
        group by service_id
        having
            count(*) = 1
            or min(coalesce(enterprise_id, 'none')) != max(coalesce(enterprise_id, 'none'))
        union
        select services.service_id
        from services
        where
            services.enterprise_id in (
                select changed_enterprises.enterprise_id from changed_enterprises
            )

    ),

    changed_categories as (

        select accounting_category_id
        from categories
        group by accounting_category_id
        having
            count(*) = 1
            or min(coalesce(classification, 'none')) != max(coalesce(classification, 'none'))

    ),

    changed_orders as (

        select distinct order_id from order_landings
        where {{ orders_since }}

    ),

    of_changed_properties as (

        select
            order_item_id,
            service_id
        from items
        where service_id in (select changed_services.service_id from changed_services)
        union
        select
            order_item_id,
            service_id
        from items
        where enterprise_id in (select changed_enterprises.enterprise_id from changed_enterprises)

    ),

    directly_touched as (

        select order_item_id from items
        where {{ since }}
        union
        select order_item_id from items
        where service_order_id in (select changed_orders.order_id from changed_orders)
        union
        select order_item_id from items
        where
            accounting_category_id in (
                select changed_categories.accounting_category_id from changed_categories
            )
        union
        select order_item_id from of_changed_properties

    ),

    -- Rebates of what is touched, and their rebates. Without doubles, so that a circle ends
    touched_items as (

        select order_item_id from directly_touched
        union
        select rebates.order_item_id
        from touched_items
        inner join rebates on touched_items.order_item_id = rebates.rebated_item_id

    ),
{%- else -%}
    touched_items as (

        select distinct order_item_id from items

    ),
{%- endif %}

touched_rebates as (

    select rebates.* from rebates
    where
        rebates.order_item_id in (select touched_items.order_item_id from touched_items)

),

-- Of a chain that is longer than this, or that is a circle, no root is known
chains as (

    select
        order_item_id,
        rebated_item_id as ancestor_id,
        1 as depth
    from touched_rebates
    union all
    select
        chains.order_item_id,
        rebates.rebated_item_id as ancestor_id,
        chains.depth + 1 as depth
    from chains
    inner join rebates on chains.ancestor_id = rebates.order_item_id
    where chains.depth < 50

),

roots as (

    select
        chains.order_item_id,
        chains.ancestor_id as root_item_id
    from chains
    anti join rebates on chains.ancestor_id = rebates.order_item_id

),

landings as (

    select max(landed_at) as landed_at from items
    union all
    select max(landed_at) as landed_at from order_landings
    union all
    select max(landed_at) as landed_at from service_versions
    union all
    select max(landed_at) as landed_at from enterprise_versions
    union all
    select max(landed_at) as landed_at from category_versions

),

touched as (

    select
        'order_item' as entity,
        touched_items.order_item_id as touched_id,
        roots.root_item_id
    from touched_items
    left join roots on touched_items.order_item_id = roots.order_item_id
    {% if applied -%}
        union all
        -- All items of such a service are posted again, perhaps on other dates
        select distinct
            'service' as entity,
            coalesce(service_id, 'unknown') as touched_id,
            cast(null as varchar) as root_item_id
        from of_changed_properties
    {% endif -%}

),

touched_through as (

    select
        entity,
        touched_id,
        root_item_id,
        (select max(landings.landed_at) from landings) as landed_through
    from touched

)

select * from touched_through
