-- Items and nights whose money is incomplete or cannot be placed, by property and exception.
{{ config(severity="warn") }}

with

exceptions as (

    select * from {{ ref('rpt_revenue_exceptions') }}
    -- Nothing can be done about these
    where exception != 'night_before_items'

),

counted as (

    select
        enterprise_id,
        exception,
        count(*) as occurrences
    from exceptions
    group by enterprise_id, exception

)

select * from counted
