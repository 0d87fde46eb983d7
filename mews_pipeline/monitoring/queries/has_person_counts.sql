-- Versions of the last week without person counts, from one in a hundred on
with counted as (
    select distinct reservation_id, updated_utc from raw.reservation_person_counts
),

recent as (
    select r.id, c.reservation_id is null as is_empty
    from raw.reservations as r
    left join counted as c on r.id = c.reservation_id and r.updated_utc = c.updated_utc
    where r._landed_at > $now - interval 7 days
)

select format('{} of {} versions', count(*) filter (where is_empty), count(*)) from recent
having count(*) filter (where is_empty) * 100 > count(*)
