-- A view: it has few rows in a refresh, and a full build never reads it
{{ config(materialized="view") }}

with

versions as (

    select * from {{ ref('int_touched_versions') }}

),

-- The nights and the days of arrival and departure of every version, because a later version may
-- have moved the stay away; and a row without a date, for stays that cannot be placed
nights as (

    select distinct
        service_id,
        cast(
            unnest(
                list_append(
                    coalesce(
                        {{ date_list(
                            'least(first_night, arrival_date, departure_date)',
                            'greatest(last_night, arrival_date, departure_date)'
                        ) }},
                        []
                    ),
                    null
                )
            ) as date
        ) as stay_date
    from versions

)

select * from nights
