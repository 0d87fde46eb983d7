-- Cancellations of the last year by days before arrival and reason
select
    scope, lead_bucket, cancellation_reason as reason, sum(cancellations) as cancellations
from marts.rpt_cancellations
inner join scopes using (service_id)
inner join todays using (scope)
where cancelled_month > today - 365
group by all
order by all
