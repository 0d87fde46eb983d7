-- A view: few rows in a refresh, and a build in full never looks into it
{{ config(materialized="view") }}

with

versions as (

    select * from {{ ref('int_touched_versions') }}

),

-- Nights and the days of arrival and departure, of every version: what once stood there is taken
-- back where a later version moved it. And what has no date
nights as (

    select distinct
        service_id,
        cast(
            unnest(
                list_append(
                    coalesce(
                        generate_series(
                            cast(least(first_night, arrival_date, departure_date) as timestamp),
                            cast(greatest(last_night, arrival_date, departure_date) as timestamp),
                            interval 1 day
                        ),
                        []
                    ),
                    null
                )
            ) as date
        ) as stay_date
    from versions

)

select * from nights
