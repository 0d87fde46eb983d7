-- The body of the published macro on_the_books(as_of, known_at): same rows as that of the warehouse
-- (dbt_project/macros/book_macros.sql), but nights without a later posting are read as they are.
-- The others, which are moving, are added up. With a known_at, everything is. DuckDB drops branches
-- that do not apply. as_of and known_at are the parameters where no table's name is before them
with

settled as (

    select
        service_id,
        resource_category_id,
        stay_date,
        rooms,
        guests
    from published.final_books
    where known_at is null and last_posted_at <= cast(as_of as timestamptz)

),

-- The first moving night is compared before the rest is, which leaves little to join
moving as (

    select
        ledger.service_id,
        ledger.resource_category_id,
        ledger.stay_date,
        ledger.rooms,
        ledger.guests
    from marts.fct_room_night_ledger as ledger
    where
        known_at is null -- noqa: RF03
        and ledger.bucket = 'definite'
        and ledger.posted_at <= cast(as_of as timestamptz) -- noqa: RF03
        and ledger.stay_date >= (
            select coalesce(min(stay_date), date '9999-12-31') from published.final_books
            where last_posted_at > cast(as_of as timestamptz)
        )
        and exists (
            select 1 from published.final_books as books
            where
                books.service_id = ledger.service_id
                and books.stay_date = ledger.stay_date
                and books.last_posted_at > cast(as_of as timestamptz) -- noqa: RF03
        )

),

added_up as (

    select * from moving
    union all
    select
        ledger.service_id,
        ledger.resource_category_id,
        ledger.stay_date,
        ledger.rooms,
        ledger.guests
    from marts.fct_room_night_ledger as ledger
    where
        known_at is null -- noqa: RF03
        and ledger.bucket = 'definite'
        and ledger.posted_at <= cast(as_of as timestamptz) -- noqa: RF03
        and ledger.stay_date is null
    union all
    select
        ledger.service_id,
        ledger.resource_category_id,
        ledger.stay_date,
        ledger.rooms,
        ledger.guests
    from marts.fct_room_night_ledger as ledger
    where
        known_at is not null -- noqa: RF03
        and ledger.bucket = 'definite'
        and ledger.posted_at <= cast(as_of as timestamptz) -- noqa: RF03
        and ledger.known_at <= cast(known_at as timestamptz) -- noqa: RF03

),

books as (

    select * from settled
    union all
    select
        service_id,
        resource_category_id,
        stay_date,
        cast(sum(rooms) as bigint) as rooms,
        cast(sum(guests) as bigint) as guests
    from added_up
    group by service_id, resource_category_id, stay_date

)

select
    cast(service_id as varchar) as service_id,
    cast(resource_category_id as varchar) as resource_category_id,
    stay_date,
    rooms,
    guests
from books
where rooms != 0 or guests != 0
