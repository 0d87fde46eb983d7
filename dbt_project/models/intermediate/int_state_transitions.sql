-- A view: each fact reads its own entity. Every window is partitioned by entity, so DuckDB filters
-- before it computes them
{{ config(materialized="view") }}

with

versions as (

    select * from {{ ref('int_service_order_versions') }}

),

-- Reports use the service and zone that the record has now
compared as (

    select
        * replace (
            last_value(enterprise_id) over whole_record as enterprise_id,
            last_value(service_id) over whole_record as service_id,
            last_value(linked_reservation_id) over whole_record as linked_reservation_id,
            last_value(time_zone) over whole_record as time_zone
        ),
        lag(record_state) over earlier_versions as from_state,
        lag(updated_utc) over earlier_versions as previous_utc
    from versions
    window
        earlier_versions as (partition by entity, record_id order by version_number),
        whole_record as (
            partition by entity, record_id order by version_number
            rows between unbounded preceding and unbounded following
        )

),

-- The first version is a birth. If it was seen after the birth, the steps up to it are inferred
moves as (

    select
        * exclude (record_state, created_utc, updated_utc, previous_utc),
        record_state as to_state,
        updated_utc as to_utc,
        version_number = 1 as is_birth,
        version_number = 1 and (created_utc is distinct from updated_utc) as is_inferred,
        case
            when version_number = 1 then least(created_utc, updated_utc)
            else previous_utc
        end as from_utc,
        coalesce(from_state in ('Inquired', 'Requested', 'Optional', 'Canceled'), true)
            as is_before_confirmed
    from compared
    where version_number = 1 or (record_state is distinct from from_state)

),

-- The states that a move visits, its target last. The states between must have happened unseen:
-- nobody checks in without being confirmed, or checks out without having checked in
paths as (

    select
        *,
        case
            when is_before_confirmed and to_state = 'Started' then ['Confirmed', 'Started']
            when is_before_confirmed and to_state = 'Processed' and checks_in
                then ['Confirmed', 'Started', 'Processed']
            when is_before_confirmed and to_state = 'Processed' then ['Confirmed', 'Processed']
            when from_state = 'Confirmed' and to_state = 'Processed' and checks_in
                then ['Started', 'Processed']
            when from_state is null and to_state = 'Canceled'
                then [case when was_optional then 'Optional' else 'Confirmed' end, 'Canceled']
            else [to_state]
        end as visited
    from moves

),

steps as (

    select
        * exclude (visited),
        len(visited) as step_count,
        unnest(visited) as step_to,
        generate_subscripts(visited, 1) as step_number
    from paths

),

-- The timestamp of a state says when it was entered (docs/mews-api.md, "What each timestamp
-- proves"); the other states have none
evidence as (

    select
        *,
        is_birth and step_number = 1 as is_creation,
        case
            when step_number = 1 then from_state
            else lag(step_to) over move_steps
        end as step_from,
        case
            when is_birth and step_number = 1 then from_utc
            when step_to = 'Started' then actual_start_utc
            when step_to = 'Processed' then actual_end_utc
            when step_to = 'Canceled' then cancelled_utc
        end as evidence_utc
    from steps
    window move_steps as (partition by entity, record_id, version_number order by step_number)

),

-- A timestamp that does not lie between the versions is ignored, so that it hides no other one
plausible_evidence as (

    select
        * replace (
            case
                when
                    is_creation
                    or (
                        evidence_utc <= to_utc
                        and (
                            evidence_utc > from_utc
                            or evidence_utc = to_utc
                            or is_birth and evidence_utc = from_utc
                        )
                    )
                    then evidence_utc
            end as evidence_utc
        )
    from evidence

),

-- A timestamp proves a step unless it precedes that of an earlier step
proof as (

    select
        *,
        case
            when evidence_utc >= coalesce(max(evidence_utc) over earlier_steps, evidence_utc)
                then evidence_utc
        end as proven_utc
    from plausible_evidence
    window earlier_steps as (
        partition by entity, record_id, version_number order by step_number
        rows between unbounded preceding and 1 preceding
    )

),

bounds as (

    select
        *,
        coalesce(max(proven_utc) over earlier_steps, from_utc) as at_lower,
        case
            when is_creation then proven_utc
            else coalesce(min(proven_utc) over later_steps, to_utc)
        end as at_upper
    from proof
    window
        earlier_steps as (
            partition by entity, record_id, version_number order by step_number
            rows between unbounded preceding and 1 preceding
        ),
        later_steps as (
            partition by entity, record_id, version_number order by step_number
            rows between 1 following and unbounded following
        )

),

dated_steps as (

    select
        entity,
        record_id,
        row_number() over (partition by entity, record_id order by version_number, step_number)
            as transition_number,
        checks_in,
        enterprise_id,
        service_id,
        linked_reservation_id,
        time_zone,
        step_from as from_state,
        step_to as to_state,
        at_lower,
        at_upper,
        coalesce(proven_utc, at_upper) as at_best,
        case
            when proven_utc is null then 'interval'
            when is_creation then 'created'
            when step_to = 'Started' then 'actual_start'
            when step_to = 'Processed' then 'actual_end'
            else 'cancelled'
        end as at_basis,
        case
            when is_inferred then 'inferred'
            when step_count > 1 then 'collapsed'
            else 'observed'
        end as basis,
        to_utc as seen_utc
    from bounds

),

transitions as (

    select
        * exclude (checks_in, time_zone),
        not {{ is_legal('from_state', 'to_state', 'checks_in') }} as is_irregular,
        coalesce({{ state_rank('to_state') }} < {{ state_rank('from_state') }}, false)
            as is_backward,
        coalesce(from_state = 'Canceled', false) as is_restored,
        date_sub('second', lag(at_best) over record_steps, at_best) as dwell_seconds,
        cast({{ local_time('at_best', "coalesce(time_zone, 'UTC')") }} as date) as transition_date
    from dated_steps
    window record_steps as (partition by entity, record_id order by transition_number)

)

select * from transitions
