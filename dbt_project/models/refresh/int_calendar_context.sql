-- A view: it is one row, computed in no time
{{ config(materialized="view") }}
-- What the counts per night depend on besides reservations, as hashes of whole relations
with

horizon as (

    select * from {{ ref('int_horizon') }}

),

services as (

    select * from {{ ref('int_services') }}

),

space_periods as (

    select * from {{ ref('int_space_periods') }}

),

blocked_nights as (

    select * from {{ ref('int_blocked_nights') }}

),

known_capacity as (

    select * from {{ ref('int_known_capacity') }}

),

counting_units as (

    select * from {{ ref('int_counting_units') }}

),

calendar as (

    select
        concat_ws(
            ' ',
            (select coalesce(sum(hash(horizon)), 0) from horizon),
            (select coalesce(sum(hash(services)), 0) from services),
            (select coalesce(sum(hash(space_periods)), 0) from space_periods),
            (select coalesce(sum(hash(blocked_nights)), 0) from blocked_nights),
            (select coalesce(sum(hash(known_capacity)), 0) from known_capacity),
            (select coalesce(sum(hash(counting_units)), 0) from counting_units)
        ) as calendar

)

select * from calendar
