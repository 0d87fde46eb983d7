-- The revenue of the next 90 nights of each property that has some, from its own tonight: definite,
-- net, by the definition that is shown; and what was on the books this time last year. Amounts are
-- doubles here, for the page to write
create temp table money_ahead as
select
    scope, stay_date - today as days_ahead, definition, currency, is_default_currency,
    rooms_available, rooms_sold,
    cast(room_revenue as double) as room_revenue,
    cast(total_revenue as double) as total_revenue,
    cast(total_revenue_same_time_last_year as double) as last_year,
    -- A night with revenue in neither year is in no row of the pace
    revenue_pace.stay_date is not null and last_year is null as is_last_year_unknown
from performance
inner join todays on scope = enterprise_id
left join revenue_pace using (enterprise_id, stay_date, definition, currency)
where is_shown and scope != 'all' and stay_date between today and today + 89;
