-- Items and nights whose money is incomplete or cannot be placed, counted by property and exception.
{{ config(severity="warn") }}

with

exceptions as (

    select * from {{ ref('rpt_revenue_exceptions') }}

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
