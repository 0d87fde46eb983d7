-- A row per property, night and number of days before it, of lodging services. Last year is null
-- where that of any service with rooms is not known
select
    property,
    stay_date,
    days_before,
    cast(sum(rooms) as bigint) as rooms,
    cast(
        if(bool_or(rooms > 0 and rooms_last_year is null), null, sum(rooms_last_year)) as bigint
    ) as rooms_last_year,
    cast(sum(guests) as bigint) as guests
from marts.rpt_booking_pace
inner join marts.dim_service using (service_id, enterprise_id)
inner join properties using (enterprise_id)
where is_lodging and stay_date between today - 31 and today + 90
group by property, enterprise_id, stay_date, days_before
order by property, stay_date, days_before
