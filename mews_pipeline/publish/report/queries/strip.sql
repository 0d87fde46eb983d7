-- The next 90 nights of each property. Totals are sums of these, computed by the page
select
    scope, days_ahead, spaces_occupied, spaces_usable, rooms_left, pickup_1, pickup_7,
    rooms_occupied, rooms_last_year
from ahead
order by scope, days_ahead
