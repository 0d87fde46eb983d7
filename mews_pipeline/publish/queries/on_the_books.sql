-- The body of the published macro on_the_books(as_of, known_at): same rows as that of the warehouse
-- (dbt_project/macros/book_macros.sql), but books are read as they were between two postings. With
-- a known_at, postings are added up. DuckDB drops the branch that does not apply. as_of and
-- known_at are the parameters where no table's name is before them
with

books as (

    select
        service_id,
        resource_category_id,
        stay_date,
        rooms,
        guests
    from published.books
    where
        known_at is null
        and held_from <= cast(as_of as timestamptz)
        -- As of infinity, the last ones are held too
        and held_until > least(cast(as_of as timestamptz), timestamptz '9999-12-31 00:00:00+00')
    union all
    select
        ledger.service_id,
        ledger.resource_category_id,
        ledger.stay_date,
        cast(sum(ledger.rooms) as bigint) as rooms,
        cast(sum(ledger.guests) as bigint) as guests
    from marts.fct_room_night_ledger as ledger
    where
        known_at is not null -- noqa: RF03
        and ledger.bucket = 'definite'
        and ledger.posted_at <= cast(as_of as timestamptz) -- noqa: RF03
        and ledger.known_at <= cast(known_at as timestamptz) -- noqa: RF03
    group by ledger.service_id, ledger.resource_category_id, ledger.stay_date
    having sum(ledger.rooms) != 0 or sum(ledger.guests) != 0

)

select
    cast(service_id as varchar) as service_id,
    cast(resource_category_id as varchar) as resource_category_id,
    stay_date,
    rooms,
    guests
from books
