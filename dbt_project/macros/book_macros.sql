{#
    Table macros that DuckDB keeps beside the marts. Instants are timestamptz: a text without an
    offset is taken as UTC, the session's zone in this project.
#}
{% macro create_book_macros() %}
    create or replace macro marts.on_the_books(as_of) as table
    select
        service_id,
        resource_category_id,
        stay_date,
        cast(sum(rooms) as bigint) as rooms,
        cast(sum(guests) as bigint) as guests
    from marts.fct_room_night_ledger
    where bucket = 'definite' and posted_at <= cast(as_of as timestamptz)
    group by service_id, resource_category_id, stay_date
    having sum(rooms) != 0 or sum(guests) != 0;

    create or replace macro marts.pickup(from_instant, to_instant) as table
    select
        service_id,
        resource_category_id,
        stay_date,
        cast(sum(rooms) as bigint) as rooms,
        cast(sum(guests) as bigint) as guests
    from marts.fct_room_night_ledger
    where
        bucket = 'definite'
        and posted_at > cast(from_instant as timestamptz)
        and posted_at <= cast(to_instant as timestamptz)
    group by service_id, resource_category_id, stay_date
    having sum(rooms) != 0 or sum(guests) != 0;
{% endmacro %}
