-- What needs a hand today, by kind: how many cases, and the twelve that wait longest
with cases as (
    select attention.*, name as property, unnest([scope, 'all']) as scope
    from attention
    inner join todays on enterprise_id = todays.scope
)

select
    scope, kind,
    sum(cases) as cases,
    max(hours_late) as hours_late,
    list({
        'property': property, 'what': what, 'reservation_id': reservation_id,
        'since_utc': since_utc, 'hours_late': hours_late
    } order by hours_late desc)[:12] as items
from cases
inner join todays using (scope)
group by all
order by scope, kind
