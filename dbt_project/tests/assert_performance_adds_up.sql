-- The total of a date and currency is the sum of the properties whose default currency it is, and
-- the rooms and spaces of a property are those of rpt_portfolio_daily.

with

performance as (

    select * from {{ ref('rpt_performance_daily') }}

),

nights as (

    select * from {{ ref('rpt_portfolio_daily') }}

),

signed as (

    select
        *,
        case when enterprise_id = 'all' then -1 else 1 end as sign
    from performance
    where is_default_currency and room_revenue is not null

),

totals as (

    select
        stay_date,
        definition,
        currency
    from signed
    group by stay_date, definition, currency
    having
        sum(sign * room_revenue) != 0
        or sum(sign * total_revenue) != 0
        or sum(sign * rooms_sold) != 0
        or sum(sign * rooms_occupied) != 0

),

broken as (

    select
        'all' as enterprise_id,
        stay_date
    from totals
    union all
    select
        performance.enterprise_id,
        performance.stay_date
    from performance
    left join nights
        on
            performance.enterprise_id = nights.enterprise_id
            and performance.stay_date = nights.stay_date
    where
        performance.enterprise_id != 'all'
        and performance.is_default_currency
        and (
            performance.rooms_occupied != coalesce(nights.rooms_occupied, 0)
            or performance.spaces_occupied != coalesce(nights.spaces_occupied, 0)
            or performance.rooms_available not in (
                coalesce(nights.spaces_usable, 0), coalesce(nights.spaces_active, 0)
            )
        )

)

select * from broken
