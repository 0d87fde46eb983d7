-- The properties of the published copy, each with its local date at the instant that it shows
create temp table properties as
select
    enterprise_id,
    enterprise_name as property,
    cast(as_of_utc at time zone coalesce(time_zone, 'UTC') as date) as today
from about
