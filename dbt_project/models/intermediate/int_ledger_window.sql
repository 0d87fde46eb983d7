with

latest as (

    select max(now_utc) as now_utc from {{ ref('int_now') }}

),

-- Whole years, so that the last night moves only once a year
ledger_window as (

    select
        {{ start_date() }} - 366 as first_night,
        make_date(
            cast(coalesce(year(now_utc), year({{ start_date() }})) as integer)
            + {{ ledger_years_ahead() }},
            12,
            31
        ) as last_night
    from latest

)

select * from ledger_window
