{#
    Table macros that DuckDB stores in the schema marts. Instants are timestamptz: text without an
    offset is read as UTC, the session's zone in this project. The published copy of the ledger has
    enums where the warehouse has text, so both macros cast those columns to text. With known_at, both
    leave out what was not known here by then; the copy in publish/marts.py repeats the default.
#}
{% macro create_book_macros() %}
    create or replace macro marts.on_the_books(as_of, known_at := cast(null as timestamptz)) as table
    select
        cast(service_id as varchar) as service_id,
        cast(resource_category_id as varchar) as resource_category_id,
        stay_date,
        cast(sum(rooms) as bigint) as rooms,
        cast(sum(guests) as bigint) as guests
    from marts.fct_room_night_ledger as ledger
    where
        bucket = 'definite'
        and posted_at <= cast(as_of as timestamptz)
        and (known_at is null or ledger.known_at <= cast(known_at as timestamptz))
    group by service_id, resource_category_id, stay_date
    having sum(rooms) != 0 or sum(guests) != 0;

    create or replace macro marts.pickup(from_instant, to_instant, known_at := cast(null as timestamptz)) as table
    select
        cast(service_id as varchar) as service_id,
        cast(resource_category_id as varchar) as resource_category_id,
        stay_date,
        cast(sum(rooms) as bigint) as rooms,
        cast(sum(guests) as bigint) as guests
    from marts.fct_room_night_ledger as ledger
    where
        bucket = 'definite'
        and posted_at > cast(from_instant as timestamptz)
        and posted_at <= cast(to_instant as timestamptz)
        and (known_at is null or ledger.known_at <= cast(known_at as timestamptz))
    group by service_id, resource_category_id, stay_date
    having sum(rooms) != 0 or sum(guests) != 0;
{% endmacro %}

{# A ratio's numerator and denominator count the same nights: those whose capacity is known. #}
{% macro create_occupancy_macro() %}
    create or replace macro marts.occupancy_between(first_date, last_date) as table
    select
        enterprise_id,
        service_id,
        resource_category_id,
        cast(sum(rooms_occupied) as bigint) as room_nights,
        cast(sum(guests) as bigint) as guest_nights,
        cast(sum(spaces_active) as bigint) as space_nights_active,
        cast(sum(spaces_usable) as bigint) as space_nights_usable,
        sum(coalesce(hours_occupied / 24, rooms_occupied)) filter (where spaces_usable is not null)
        / nullif(sum(spaces_usable), 0) as occupancy_mews,
        sum(coalesce(hours_occupied / 24, rooms_occupied)) filter (where spaces_active is not null)
        / nullif(sum(spaces_active), 0) as occupancy_usali
    from marts.fct_occupancy_daily
    where stay_date between cast(first_date as date) and cast(last_date as date)
    group by enterprise_id, service_id, resource_category_id;
{% endmacro %}
