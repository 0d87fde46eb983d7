-- Cancellations of the last year by days before arrival and reason; inquiries that never held a
-- room have a row of their own
select
    scope, lead_bucket,
    if(held_room, cancellation_reason, 'inquiry, never held a room') as reason,
    sum(cancellations) as cancellations
from marts.rpt_cancellations
inner join scopes using (service_id)
inner join todays using (scope)
where cancelled_month > today - 365
group by all
order by all
