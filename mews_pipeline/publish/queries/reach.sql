-- The latest instant of all properties, how far the slowest one is known, and which have stopped
with stopped as (
    select
        '; not fetched for 30 days: ' || string_agg(
            enterprise_name, ', ' order by enterprise_name
        ) as names
    from about
    where is_stopped
)

select
    concat(
        strftime(as_of_utc, ', as of %Y-%m-%d %H:%M UTC'),
        if(
            fetched_through_utc < as_of_utc,
            strftime(fetched_through_utc, ', slowest property known through %Y-%m-%d %H:%M UTC'),
            ''
        ),
        stopped.names
    ) as reach
from about
cross join stopped
where enterprise_id = 'all'
