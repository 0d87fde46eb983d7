with

horizon as (

    select * from {{ ref('int_horizon') }}

),

dates as (

    select
        {{ dates_between('first_date', 'last_date') }} as date_day
    from horizon

),

dates_with_parts as (

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

select * from dates_with_parts
