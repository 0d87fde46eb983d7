with

touched as (

    select
        touched_id as order_item_id,
        root_item_id
    from {{ ref('int_touched_order_items') }}
    where entity = 'order_item'

),

-- Roots are read too, for their dates
wanted as (

    select order_item_id from touched
    union
    select root_item_id as order_item_id from touched
    where root_item_id is not null

),

items as (

    select * from {{ ref('stg_mews__order_items') }}
    where order_item_id in (select wanted.order_item_id from wanted)

),

services as (

    select * from {{ ref('int_services') }}

),

-- The zone is that of the service's property, else of the property that the item names
properties as (

    select * from {{ ref('int_revenue_properties') }}

),

categories as (

    select
        accounting_category_id,
        classification
    from {{ ref('stg_mews__accounting_categories') }}
    {{ latest_version('accounting_category_id') }}

),

versions as (

    select
        items.order_item_id,
        row_number() over item_history as version_number,
        lead(items.updated_utc) over item_history is null as is_latest,
        touched.order_item_id is not null as is_touched,
        touched.root_item_id,
        items.rebated_item_id,

        coalesce(services.enterprise_id, items.enterprise_id, 'unknown') as enterprise_id,
        services.service_id is not null as is_service_known,
        coalesce(items.service_id, 'unknown') as service_id,
        coalesce(items.service_order_id, 'unknown') as service_order_id,
        coalesce(items.accounting_category_id, 'unknown') as accounting_category_id,
        items.item_type,
        coalesce(categories.classification, 'unknown') as classification,
        items.accounting_state,

        coalesce(items.currency, 'unknown') as currency,
        items.net_value,
        items.gross_value,

        {{ item_date(
            'items.item_type', 'items.start_utc', 'items.consumed_utc',
            'properties.time_zone'
        ) }} as item_date,
        items.created_utc,
        items.updated_utc,
        items.canceled_utc,
        items.landed_at,
        items.version_hash
    from items
    left join touched on items.order_item_id = touched.order_item_id
    left join services on items.service_id = services.service_id
    left join properties
        on coalesce(services.enterprise_id, items.enterprise_id) = properties.enterprise_id
    left join categories on items.accounting_category_id = categories.accounting_category_id
    window
        item_history as (
            partition by items.order_item_id
            order by items.updated_utc, items.landed_at, items.version_hash
        )

)

select * from versions
