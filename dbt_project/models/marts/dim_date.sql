with

horizon as (

    select
        {{ start_date() }} as first_date,
        cast(now_utc as date) + 730 as last_date
    from {{ ref('int_now') }}

),

dates as (

    select
        cast(
            unnest(
                generate_series(
                    cast(first_date as timestamp), cast(last_date as timestamp), interval 1 day
                )
            ) as date
        ) as date_day
    from horizon

),

described as (

    select
        date_day,
        year(date_day) as calendar_year,
        quarter(date_day) as calendar_quarter,
        month(date_day) as calendar_month,
        cast(date_trunc('month', date_day) as date) as month_start,
        isoyear(date_day) as iso_year,
        week(date_day) as iso_week,
        isodow(date_day) as iso_weekday,
        dayname(date_day) as weekday_name,
        isodow(date_day) in (5, 6) as is_weekend_night,
        date_day - 364 as same_weekday_last_year
    from dates

)

select * from described
