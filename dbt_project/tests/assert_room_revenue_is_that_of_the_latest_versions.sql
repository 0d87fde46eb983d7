-- Room revenue of the ledger is the sum over the latest versions of the items, of their orders and
-- of the roots of their chains. Written from staging without the ledger's own steps, so the two can
-- check each other.
{{ config(tags=["history"]) }}

with recursive

items as (

    select * from {{ ref('stg_mews__order_items') }}
    qualify
        row_number() over (
            partition by order_item_id order by updated_utc desc, landed_at desc, version_hash desc
        ) = 1

),

order_versions as (

    select
        reservation_id as order_id,
        reservation_state as order_state,
        updated_utc,
        landed_at,
        version_hash
    from {{ ref('stg_mews__reservations') }}
    union all
    select
        order_id,
        order_state,
        updated_utc,
        landed_at,
        version_hash
    from {{ ref('stg_mews__product_service_orders') }}

),

order_states as (

    select
        order_id,
        arg_max(order_state, (updated_utc, landed_at, version_hash)) as order_state
    from order_versions
    group by order_id

),

services as (

    select * from {{ ref('int_services') }}

),

enterprises as (

    select
        stg_mews__enterprises.enterprise_id,
        zones.name as time_zone
    from {{ ref('stg_mews__enterprises') }}
    inner join pg_timezone_names() as zones on time_zone_identifier = zones.name
    {{ latest_version('enterprise_id') }}

),

categories as (

    select * from {{ ref('stg_mews__accounting_categories') }}
    {{ latest_version('accounting_category_id') }}

),

streams as (

    select * from {{ ref('revenue_streams') }}

),

ledger as (

    select * from {{ ref('fct_revenue_ledger') }}
    where stream = 'room'

),

dated as (

    select
        items.*,
        coalesce(services.enterprise_id, items.enterprise_id, 'unknown') as property_id,
        coalesce(categories.classification, 'unknown') as classification,
        cast(
            (
                case when items.item_type = 'SpaceOrder' then items.start_utc end
                at time zone coalesce(services.time_zone, enterprises.time_zone)
            ) as date
        ) as night,
        cast(
            (items.consumed_utc at time zone coalesce(services.time_zone, enterprises.time_zone))
            as date
        ) as consumed_on
    from items
    left join services on items.service_id = services.service_id
    left join enterprises
        on coalesce(services.enterprise_id, items.enterprise_id) = enterprises.enterprise_id
    left join categories on items.accounting_category_id = categories.accounting_category_id

),

item_keys as (

    select distinct
        property_id as enterprise_id,
        item_type,
        classification
    from dated

),

mapped as (

    {{ most_specific('item_keys', 'streams') }}

),

-- Up the chains, from the rebates
steps as (

    select
        order_item_id,
        rebated_item_id as next_id,
        1 as step
    from dated
    where rebated_item_id is not null
    union all
    select
        steps.order_item_id,
        dated.rebated_item_id as next_id,
        steps.step + 1 as step
    from steps
    inner join dated on steps.next_id = dated.order_item_id
    where dated.rebated_item_id is not null and steps.step < 50

),

roots as (

    select
        steps.order_item_id,
        coalesce(dated.night, dated.consumed_on) as root_date
    from steps
    inner join dated on steps.next_id = dated.order_item_id
    where dated.rebated_item_id is null

),

expected as (

    select
        coalesce(dated.service_id, 'unknown') as service_id,
        coalesce(roots.root_date, dated.night, dated.consumed_on) as revenue_date,
        case
            when dated.accounting_state = 'Inactive' then 'optional'
            when dated.accounting_state not in ('Open', 'Closed') then 'unknown'
            when order_states.order_state = 'Optional' then 'optional'
            when order_states.order_state in ('Inquired', 'Requested') then 'pipeline'
            when
                order_states.order_state not in ('Confirmed', 'Started', 'Processed', 'Canceled')
                then 'unknown'
            else 'definite'
        end as bucket,
        coalesce(dated.currency, 'unknown') as currency,
        dated.net_value as net,
        dated.gross_value as gross
    from dated
    inner join mapped
        on
            dated.property_id = mapped.enterprise_id
            and dated.item_type = mapped.item_type
            and dated.classification = mapped.classification
            and mapped.stream = 'room'
    left join order_states on dated.service_order_id = order_states.order_id
    left join roots on dated.order_item_id = roots.order_item_id
    where
        dated.accounting_state != 'Canceled'
        and not (
            dated.accounting_state = 'Inactive'
            and coalesce(order_states.order_state, 'none') != 'Optional'
        )

),

signed as (

    select
        service_id,
        revenue_date,
        bucket,
        currency,
        net,
        gross
    from ledger
    union all
    select
        service_id,
        revenue_date,
        bucket,
        currency,
        -net as net,
        -gross as gross
    from expected

),

differences as (

    select
        service_id,
        revenue_date,
        bucket,
        currency,
        sum(net) as net,
        sum(gross) as gross
    from signed
    group by service_id, revenue_date, bucket, currency
    having coalesce(sum(net), 0) != 0 or coalesce(sum(gross), 0) != 0

)

select * from differences
