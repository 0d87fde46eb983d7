-- Versions of yesterday against the median of the same weekday in the last eight weeks
with landed as (
    select cast(updated_utc at time zone 'UTC' as date) as day, count(*) as versions
    from raw.reservations
    where updated_utc >= $today - interval 57 days and updated_utc < $today
    group by day
),

yesterday as (
    select coalesce(max(versions), 0) as versions from landed
    where day = $today - 1
),

usual as (
    select median(versions) as versions, count(*) as days from landed
    where day < $today - 1 and isodow(day) = isodow($today - 1)
)

select format('{} versions yesterday, usually {}', y.versions, u.versions)
from yesterday as y, usual as u
where u.days >= 3 and (y.versions * 3 < u.versions or y.versions > 3 * u.versions)
