-- A row per property, night, definition and currency, from a month ago to a year ahead; all that
-- share a currency are `All properties`. Net, definite
select
    property,
    stay_date,
    definition,
    currency,
    is_default_currency,
    rooms_available,
    rooms_occupied,
    rooms_sold,
    rooms_complimentary,
    room_revenue,
    total_revenue,
    occupancy,
    adr,
    revpar,
    trevpar
from performance
inner join properties using (enterprise_id)
where stay_date between today - 31 and today + 365
order by property asc, stay_date asc, definition asc, is_default_currency desc, currency asc
