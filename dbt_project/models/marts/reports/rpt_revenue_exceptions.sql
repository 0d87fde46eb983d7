-- Not materialized, so that each of the two that read items or nights reads what it needs of them
with

items as not materialized (

    select * from {{ ref('int_order_items') }}
    where accounting_state != 'Canceled'

),

item_types as (

    select distinct item_type as known_type from {{ ref('revenue_streams') }}
    where item_type != '*'

),

tax_differences as (

    select * from {{ ref('int_tax_differences') }}

),

night_revenue as not materialized (

    select * from {{ ref('int_night_revenue') }}

),

services as (

    select * from {{ ref('dim_service') }}

),

reservations as (

    select * from {{ ref('fct_reservations') }}

),

-- Items that were not changed since they were first fetched are not known
properties_with_items as (

    select
        enterprise_id,
        min(updated_utc) as known_from
    from items
    group by enterprise_id

),

-- A night item without a night, unless a rebate takes it back, as of a stay that is cancelled
stray_nights as (

    select
        night_revenue.reservation_id,
        night_revenue.stay_date
    from night_revenue
    left join services on night_revenue.service_id = services.service_id
    where
        not night_revenue.is_definite
        and night_revenue.has_amount
        and coalesce(services.time_unit, 'Day') = 'Day'

),

-- Once through all items, for the few that lack something
odd_items as (

    select
        items.*,
        item_types.known_type is not null as is_type_known,
        stray_nights.reservation_id is not null as is_stray,
        tax_differences.tax,
        tax_differences.breakdown_tax
    from items
    left join item_types on items.item_type = item_types.known_type
    left join tax_differences on items.order_item_id = tax_differences.order_item_id
    left join stray_nights
        on
            items.service_order_id = stray_nights.reservation_id
            and items.revenue_date = stray_nights.stay_date
    where {{ has_an_exception() }}

),

item_exceptions as (

    {% for name, exception in exceptions_of_items().items() -%}
        select
            enterprise_id,
            order_item_id,
            nullif(service_order_id, 'unknown') as service_order_id,
            revenue_date,
            currency,
            net,
            '{{ name }}' as exception,
            {{ exception.detail }} as detail
        from odd_items
        where {{ exception.condition }}
        {{ "union all" if not loop.last }}
    {% endfor %}
),

-- A property whose items are not fetched has no exceptions. Services by the hour or month have
-- items of their own length
night_exceptions as (

    select
        night_revenue.enterprise_id,
        cast(null as varchar) as order_item_id,
        night_revenue.reservation_id as service_order_id,
        night_revenue.stay_date as revenue_date,
        cast(null as varchar) as currency,
        cast(null as decimal(38, 6)) as net,
        case
            when night_revenue.has_item then 'night_below_zero'
            when reservations.created_utc < properties_with_items.known_from
                then 'night_before_items'
            else 'night_without_item'
        end as exception
    from night_revenue
    inner join reservations on night_revenue.reservation_id = reservations.reservation_id
    inner join services on night_revenue.service_id = services.service_id
    inner join properties_with_items
        on night_revenue.enterprise_id = properties_with_items.enterprise_id
    where
        night_revenue.is_definite
        and services.is_lodging
        and services.time_unit = 'Day'
        and (
            not night_revenue.has_item
            or (night_revenue.has_amount and not night_revenue.is_above_zero)
        )

),

exceptions as (

    select * from item_exceptions
    union all by name
    select
        *,
        case exception
            when 'night_below_zero' then 'Rebates take back more than the night has.'
            when 'night_before_items'
                then 'Booked before items were first fetched, and not changed since.'
            else 'A definite night of lodging without a night item.'
        end as detail
    from night_exceptions

)

select * from exceptions
