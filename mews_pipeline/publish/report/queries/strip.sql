-- The next 90 nights of each property, with the revenue in its own currency where it is known.
-- Totals are sums of these, computed by the page
select
    ahead.scope, ahead.days_ahead, spaces_occupied, spaces_usable, rooms_left, pickup_1, pickup_7,
    rooms_occupied, rooms_last_year, rooms_available, rooms_sold,
    round(room_revenue, 2) as room_revenue,
    round(total_revenue, 2) as total_revenue
from ahead
left join money_ahead
    on
        ahead.scope = money_ahead.scope
        and ahead.days_ahead = money_ahead.days_ahead
        and is_default_currency
order by ahead.scope, ahead.days_ahead
