-- Revenue of tonight and of the next nights by currency, with what its ratios divide by. Currencies
-- are never added: a total is of the properties whose own currency it is, each at its own today.
-- Revenue in another currency than the property's has rows of its own, without rooms. Pickup is of
-- the stream of rooms, over all nights
with nights as (
    select * replace (unnest([scope, 'all']) as scope)
    from money_ahead
),

sums as (
    select
        scope, currency, is_default_currency,
        any_value(definition) as definition,
        bool_and(rooms_available is not null) as is_known,
        count(last_year) > 0 and not bool_or(is_last_year_unknown) as is_last_year_known,
        sum(room_revenue) filter (where days_ahead = 0) as room_revenue_1,
        sum(total_revenue) filter (where days_ahead = 0) as total_revenue_1,
        sum(rooms_sold) filter (where days_ahead = 0) as sold_1,
        sum(rooms_available) filter (where days_ahead = 0) as available_1,
        sum(room_revenue) filter (where days_ahead < 7) as room_revenue_7,
        sum(total_revenue) filter (where days_ahead < 7) as total_revenue_7,
        sum(last_year) filter (where days_ahead < 7) as last_year_7,
        sum(rooms_sold) filter (where days_ahead < 7) as sold_7,
        sum(rooms_available) filter (where days_ahead < 7) as available_7,
        sum(room_revenue) filter (where days_ahead < 30) as room_revenue_30,
        sum(total_revenue) filter (where days_ahead < 30) as total_revenue_30,
        sum(last_year) filter (where days_ahead < 30) as last_year_30,
        sum(rooms_sold) filter (where days_ahead < 30) as sold_30,
        sum(rooms_available) filter (where days_ahead < 30) as available_30,
        sum(room_revenue) as room_revenue_90,
        sum(total_revenue) as total_revenue_90,
        sum(last_year) as last_year_90,
        sum(rooms_sold) as sold_90,
        sum(rooms_available) as available_90
    from nights
    group by scope, currency, is_default_currency
),

own as (
    select distinct scope as enterprise_id, currency, is_default_currency
    from money_ahead
),

picked_up as (
    select
        unnest([enterprise_id, 'all']) as scope, currency, is_default_currency, days_back,
        net_new, net_cancelled, net_rate_change, net_rebate, net_moved, net
    from revenue_pickup
    inner join own using (enterprise_id, currency)
    where stream = 'room' and days_back in (1, 7)
),

pickups as (
    select
        scope, currency, is_default_currency,
        cast(sum(net) filter (where days_back = 1) as double) as revenue_pickup_1,
        cast(sum(net) filter (where days_back = 7) as double) as revenue_pickup_7,
        cast(sum(net_new) filter (where days_back = 1) as double) as new,
        cast(sum(net_cancelled) filter (where days_back = 1) as double) as cancelled,
        cast(sum(net_rate_change) filter (where days_back = 1) as double) as rate_change,
        cast(sum(net_rebate) filter (where days_back = 1) as double) as rebate,
        cast(sum(net_moved) filter (where days_back = 1) as double) as moved
    from picked_up
    group by scope, currency, is_default_currency
)

select
    scope, name, currency, is_default_currency, definition,
    coalesce(room_revenue_1, 0) as room_revenue_1, coalesce(total_revenue_1, 0) as total_revenue_1,
    cast(sold_1 as bigint) as sold_1,
    cast(if(is_known, available_1, null) as bigint) as available_1,
    coalesce(room_revenue_7, 0) as room_revenue_7, coalesce(total_revenue_7, 0) as total_revenue_7,
    cast(sold_7 as bigint) as sold_7,
    cast(if(is_known, available_7, null) as bigint) as available_7,
    coalesce(room_revenue_30, 0) as room_revenue_30,
    coalesce(total_revenue_30, 0) as total_revenue_30,
    cast(sold_30 as bigint) as sold_30,
    cast(if(is_known, available_30, null) as bigint) as available_30,
    room_revenue_90, total_revenue_90,
    cast(sold_90 as bigint) as sold_90,
    cast(if(is_known, available_90, null) as bigint) as available_90,
    if(is_last_year_known, coalesce(last_year_7, 0), null) as last_year_7,
    if(is_last_year_known, coalesce(last_year_30, 0), null) as last_year_30,
    if(is_last_year_known, last_year_90, null) as last_year_90,
    coalesce(revenue_pickup_1, 0) as revenue_pickup_1,
    coalesce(revenue_pickup_7, 0) as revenue_pickup_7,
    coalesce(new, 0) as new, coalesce(cancelled, 0) as cancelled,
    coalesce(rate_change, 0) as rate_change, coalesce(rebate, 0) as rebate,
    coalesce(moved, 0) as moved
from sums
inner join todays using (scope)
left join pickups using (scope, currency, is_default_currency)
order by scope = 'all' desc, name asc, scope asc, is_default_currency desc, currency asc
