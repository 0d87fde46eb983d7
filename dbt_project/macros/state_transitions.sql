{#
    From versions of a record to its transitions (MEWS.md 3.1 and 3.3; the names are those of
    ARCHITECTURE.md). Writes CTEs, to stand behind one named `versions` with: record_id,
    version_number, state, created_utc, updated_utc, actual_start_utc, actual_end_utc, cancelled_utc,
    was_optional. The last one is `transitions`. `checks_in` is false for orders, which have no
    check-in: Confirmed goes to Processed.
#}
{% macro state_transitions(checks_in) %}
    compared as (

        select
            *,
            lag(state) over record_history as from_state,
            lag(updated_utc) over record_history as previous_utc
        from versions
        window record_history as (partition by record_id order by version_number)

    ),

    -- The first version is a birth; where it was seen after its birth, the way there is inferred
    moves as (

        select
            record_id,
            version_number,
            from_state,
            state as to_state,
            was_optional,
            actual_start_utc,
            actual_end_utc,
            cancelled_utc,
            updated_utc as to_utc,
            version_number = 1 as is_birth,
            version_number = 1 and (created_utc is distinct from updated_utc) as is_inferred,
            case
                when version_number = 1 then least(created_utc, updated_utc)
                else previous_utc
            end as from_utc
        from compared
        where version_number = 1 or state is distinct from from_state

    ),

    paths as (

        select
            *,
            {{ visited_states(checks_in) }} as visited
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

    evidenced as (

        select
            *,
            case
                when step_number = 1 then from_state
                else lag(step_to) over (
                    partition by record_id, version_number order by step_number
                )
            end as step_from,
            case
                when is_birth and step_number = 1 then from_utc
                else {{ evidence('step_to') }}
            end as evidence_utc
        from steps

    ),

    -- A timestamp proves a step when it lies between the versions and follows the step before
    proven as (

        select
            *,
            case
                when is_birth and step_number = 1 then evidence_utc
                when
                    evidence_utc <= to_utc
                    and (
                        evidence_utc > from_utc
                        or evidence_utc = to_utc
                        or is_birth and evidence_utc = from_utc
                    )
                    and evidence_utc >= coalesce(
                        max(evidence_utc) over (
                            partition by record_id, version_number order by step_number
                            rows between unbounded preceding and 1 preceding
                        ),
                        evidence_utc
                    )
                    then evidence_utc
            end as proven_utc
        from evidenced

    ),

    bounded as (

        select
            *,
            coalesce(
                max(proven_utc) over (
                    partition by record_id, version_number order by step_number
                    rows between unbounded preceding and 1 preceding
                ),
                from_utc
            ) as at_lower,
            case
                when is_birth and step_number = 1 then proven_utc
                else coalesce(
                    min(proven_utc) over (
                        partition by record_id, version_number order by step_number
                        rows between 1 following and unbounded following
                    ),
                    to_utc
                )
            end as at_upper
        from proven

    ),

    dated as (

        select
            record_id,
            step_from as from_state,
            step_to as to_state,
            at_lower,
            at_upper,
            coalesce(proven_utc, at_upper) as at_best,
            case
                when proven_utc is null then 'interval'
                when is_birth and step_number = 1 then 'created'
                when step_to = 'Started' then 'actual_start'
                when step_to = 'Processed' then 'actual_end'
                else 'cancelled'
            end as at_basis,
            case
                when is_inferred then 'inferred'
                when step_count > 1 then 'collapsed'
                else 'observed'
            end as basis,
            to_utc as seen_utc,
            row_number() over (partition by record_id order by version_number, step_number)
                as transition_number
        from bounded

    ),

    transitions as (

        select
            *,
            not {{ is_legal('from_state', 'to_state', checks_in) }} as is_irregular,
            coalesce(
                {{ state_rank('to_state') }} < {{ state_rank('from_state') }}, false
            ) as is_backward,
            coalesce(from_state = 'Canceled', false) as is_restored,
            date_diff('second', lag(at_best) over record_steps, at_best) as dwell_seconds
        from dated
        window record_steps as (partition by record_id order by transition_number)

    )
{% endmacro %}

{#
    The states that a move visits, its target last. What lies between is what must have happened
    unseen: nobody checks in without being confirmed, nor checks out without having checked in.
#}
{% macro visited_states(checks_in) -%}
    {%- set between = "['Confirmed', 'Started']" if checks_in else "['Confirmed']" -%}
    {%- set before_confirmed =
        "(from_state is null or from_state in ('Inquired', 'Requested', 'Optional', 'Canceled'))" -%}
    case
        when {{ before_confirmed }} and to_state = 'Started' then ['Confirmed', 'Started']
        when {{ before_confirmed }} and to_state = 'Processed'
            then list_append({{ between }}, 'Processed')
        {% if checks_in -%}
            when from_state = 'Confirmed' and to_state = 'Processed' then ['Started', 'Processed']
        {% endif -%}
        when from_state is null and to_state = 'Canceled'
            then [case when was_optional then 'Optional' else 'Confirmed' end, 'Canceled']
        else [to_state]
    end
{%- endmacro %}

{# The timestamp that tells when a state was entered (MEWS.md 3.2); there is none for the others. #}
{% macro evidence(state) -%}
    case {{ state }}
        when 'Started' then actual_start_utc
        when 'Processed' then actual_end_utc
        when 'Canceled' then cancelled_utc
    end
{%- endmacro %}

{# Whether Mews lets a record go from one state to the other (MEWS.md 3.1). #}
{% macro is_legal(from_state, to_state, checks_in) -%}
    case
        when {{ from_state }} is null
            then {{ to_state }} in ('Inquired', 'Requested', 'Optional', 'Confirmed')
        when {{ from_state }} in ('Inquired', 'Requested')
            then {{ to_state }} in ('Inquired', 'Requested', 'Optional', 'Confirmed', 'Canceled')
        when {{ from_state }} = 'Optional' then {{ to_state }} in ('Confirmed', 'Canceled')
        when {{ from_state }} = 'Confirmed'
            then {{ to_state }} in ('Canceled', '{{ 'Started' if checks_in else 'Processed' }}')
        when {{ from_state }} = 'Started' then {{ to_state }} = 'Processed'
        when {{ from_state }} = 'Canceled'
            then {{ to_state }} in ('Inquired', 'Requested', 'Optional', 'Confirmed')
        else false
    end
{%- endmacro %}

{# How far a state is on the way; null for Canceled (leaving it restores) and unknown ones. #}
{% macro state_rank(state) -%}
    case {{ state }}
        when 'Inquired' then 0
        when 'Requested' then 0
        when 'Optional' then 1
        when 'Confirmed' then 2
        when 'Started' then 3
        when 'Processed' then 4
    end
{%- endmacro %}
