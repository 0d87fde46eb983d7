-- A row per property, night, definition and currency, from a month ago to a year ahead;
-- `All properties` is the sum over those whose default currency it is
select
    property,
    stay_date,
    definition,
    currency,
    rooms_available,
    rooms_occupied,
    rooms_sold,
    rooms_complimentary,
    occupancy,
    adr,
    revpar,
    trevpar,
    room_revenue,
    total_revenue,
    room_revenue_last_year,
    total_revenue_last_year
from performance
inner join properties using (enterprise_id)
where stay_date between today - 31 and today + 365
order by property asc, stay_date asc, definition asc, is_default_currency desc, currency asc
