-- What somebody has to act on, one row per booking, and per operation with gaps in its data
create temp table attention as
with latest as (
    select max(as_of_utc) as now_utc
    from about
),

cases as (
    select
        enterprise_id, service_id, resource_category_id, reservation_id,
        'overdue ' || overdue as kind, 1 as cases, due_utc as since_utc,
        hours_overdue as hours_late
    from marts.rpt_overdue
    union all by name
    select
        enterprise_id, service_id, resource_category_id, reservation_id,
        'option past its release' as kind, 1 as cases, released_utc as since_utc,
        hours_past_release as hours_late
    from marts.rpt_options_past_release
    union all by name
    select
        enterprise_id, 'gap in the data' as kind, gaps as cases, first_gap_utc as since_utc,
        gap_hours as hours_late, operation as what
    from marts.rpt_coverage
    where gaps > 0
    union all by name
    select
        enterprise_id, 'not fetched for 30 days' as kind, 1 as cases,
        fetched_through_utc as since_utc,
        date_sub('hour', fetched_through_utc, now_utc) as hours_late, 'updates' as what
    from about
    cross join latest
    where is_stopped and enterprise_id != 'all'
)

select
    cases.enterprise_id, kind, reservation_id, since_utc, hours_late,
    cast(cases as bigint) as cases,
    coalesce(
        what, concat_ws(', ', service_name, resource_category_name), 'unknown'
    ) as what
from cases
left join marts.dim_service using (service_id)
left join marts.dim_resource_category using (resource_category_id);
