-- The body of the published macro on_the_books(as_of, known_at): same rows as that of the warehouse
-- (dbt_project/macros/book_macros.sql), but nights without a later posting are read as they are.
-- With a known_at, everything is added up. DuckDB drops the branches that do not apply. as_of and
-- known_at are the parameters where no table's name is before them
with

moving as (

    select distinct
        service_id,
        stay_date
    from published.final_books
    where last_posted_at > cast(as_of as timestamptz)

),

settled_books as (

    select
        service_id,
        resource_category_id,
        stay_date,
        rooms,
        guests
    from published.final_books
    where known_at is null and last_posted_at <= cast(as_of as timestamptz)

),

moving_books as (

    select
        ledger.service_id,
        ledger.resource_category_id,
        ledger.stay_date,
        cast(sum(ledger.rooms) as bigint) as rooms,
        cast(sum(ledger.guests) as bigint) as guests
    from marts.fct_room_night_ledger as ledger
    inner join moving
        on
            ledger.service_id = moving.service_id
            and ledger.stay_date is not distinct from moving.stay_date
    where
        known_at is null
        and ledger.bucket = 'definite'
        and ledger.posted_at <= cast(as_of as timestamptz)
    group by ledger.service_id, ledger.resource_category_id, ledger.stay_date

),

known_books as (

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

),

books as (

    select * from settled_books
    union all
    select * from moving_books
    union all
    select * from known_books

)

select
    cast(service_id as varchar) as service_id,
    cast(resource_category_id as varchar) as resource_category_id,
    stay_date,
    rooms,
    guests
from books
where rooms != 0 or guests != 0
