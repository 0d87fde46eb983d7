-- Clocks that were wrong in the last day: one that stamps landings and ran back, and the server's
with recent as (
    select
        token_key, server_clock_ahead_seconds as ahead,
        epoch(_landed_at - landing_clock_utc) as behind
    from raw.fetches
    where coalesce(landing_clock_utc, finished_utc) > $now - interval 1 day
),

wrong as (
    select
        'the clock that stamps landings is behind the last landing by' as what,
        max(behind) as seconds
    from recent
    union all
    select
        format(
            'token {}: the clock of Mews is {} this machine''s by', token_key,
            if(ahead > 0, 'ahead of', 'behind')
        ) as what,
        max(abs(ahead)) as seconds
    from recent
    where token_key is not null
    group by token_key, ahead > 0
)

select format('{} {} minutes', what, round(seconds / 60)::bigint) from wrong
where seconds > 120
order by all
