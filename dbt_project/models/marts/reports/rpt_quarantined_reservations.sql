{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_checked() }}",
) }}
{{ require_touched_upstream() }}

with

checked as (

    {{ checked_reservations(ref('fct_reservations')) }}

),

ledger_differences as (

    select * from {{ ref('int_ledger_differences') }}

),

ledger as (

    select * from {{ ref('fct_room_night_ledger') }}
    semi join checked using (reservation_id)

),

services as (

    select * from {{ ref('dim_service') }}

),

transitions as (

    select * from {{ ref('fct_reservation_state_transitions') }}
    semi join checked using (reservation_id)

),

reservations as (

    select * from {{ ref('fct_reservations') }}
    semi join checked using (reservation_id)

),

paired_transitions as (

    select
        *,
        lag(to_state) over reservation_steps as state_before,
        lag(at_best) over reservation_steps as at_before
    from transitions
    window reservation_steps as (partition by reservation_id order by transition_number)

),

latest_transitions as (

    select
        reservation_id,
        arg_max(to_state, transition_number) as to_state
    from transitions
    group by reservation_id

),

failures as (

    select
        reservation_id,
        'ledger_is_the_latest_version' as identity,
        abs(coalesce(ledger_rooms, 0) - coalesce(expanded_rooms, 0))
        + abs(coalesce(ledger_guests, 0) - coalesce(expanded_guests, 0)) as difference
    from ledger_differences
    union all
    select
        ledger.reservation_id,
        'postings_have_their_local_date' as identity,
        1 as difference
    from ledger
    left join services on ledger.service_id = services.service_id
    where
        ledger.posting_date != cast(
            {{ local_time('ledger.posted_at', "coalesce(services.time_zone, 'UTC')") }} as date
        )
    union all
    select
        reservation_id,
        'transitions_chain' as identity,
        1 as difference
    from paired_transitions
    where (from_state is distinct from state_before) or at_best < at_before
    union all
    select
        reservation_id,
        'transitions_lead_to_the_latest_state' as identity,
        1 as difference
    from reservations
    full outer join latest_transitions using (reservation_id)
    where latest_transitions.to_state is distinct from reservations.reservation_state

),

quarantined as (

    select
        reservation_id,
        identity,
        cast(sum(difference) as bigint) as difference
    from failures
    group by reservation_id, identity

)

select * from quarantined
