-- How far the reservations created in the last year came
with steps as (
    unpivot marts.rpt_booking_funnel
    on created, inquired, optional, confirmed, started, processed, cancelled
    into name step value reservations
)

select scope, step, sum(reservations) as reservations
from steps
inner join scopes using (service_id)
inner join todays using (scope)
where created_month > today - 365
group by all
order by all
