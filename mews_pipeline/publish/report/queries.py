"""The report's questions to the published copy, in SQL: one small table per figure.

Every figure has a column `scope`: the id of a property, or `all` of them. `today` is the local date
of each property at the instant that the copy stands for (about.as_of_utc), and the UTC date for
`all`.
"""

SCOPES = """
    create temp table todays as
    select
        enterprise_id as scope,
        enterprise_name as name,
        time_zone,
        as_of_utc,
        cast(as_of_utc at time zone coalesce(time_zone, 'UTC') as date) as today
    from about
    where enterprise_id != 'all' or (select count(*) from about) != 2;

    create temp table scopes as
    select service_id, is_lodging, unnest([enterprise_id, 'all']) as scope
    from marts.dim_service;
"""

FIGURES = {
    "properties": """
        select
            scope, name, todays.time_zone, today, fetched_through_utc, reservations,
            tonight.spaces_occupied, tonight.spaces_usable, tonight.occupancy_mews,
            tonight.occupancy_usali, tonight.rooms_occupied, tonight.rooms_optional,
            tonight.guests, tonight.arrivals, tonight.departures,
            next_7, next_30, next_90, coalesce(pickup_7, 0) as pickup_7
        from todays
        join about on about.enterprise_id = todays.scope
        left join marts.rpt_portfolio_daily as tonight
            on tonight.enterprise_id = scope and tonight.stay_date = today
        left join (
            select
                scope,
                sum(spaces_occupied) filter (stay_date < today + 7)
                    / sum(spaces_usable) filter (stay_date < today + 7) as next_7,
                sum(spaces_occupied) filter (stay_date < today + 30)
                    / sum(spaces_usable) filter (stay_date < today + 30) as next_30,
                sum(spaces_occupied) / sum(spaces_usable) as next_90
            from marts.rpt_portfolio_daily
            join todays on scope = enterprise_id and stay_date - today between 0 and 89
            group by scope
        ) using (scope)
        left join (
            select scope, sum(rooms) as pickup_7
            from marts.rpt_pickup
            join scopes using (service_id)
            where window_days = 7 and is_lodging
            group by scope
        ) using (scope)
        order by scope = 'all' desc, name
    """,
    "nights": """
        with known as (
            select min(stay_date) as first_night
            from marts.rpt_portfolio_daily where rooms_occupied > 0
        ),
        ages as (
            select scope, stay_date, sum(guests_adults) as adults, sum(guests_children) as children
            from marts.fct_occupancy_daily join scopes using (service_id)
            where is_lodging group by all
        )
        select
            scope, stay_date, date_trunc('week', stay_date)::date as week,
            isodow(stay_date) as weekday, stay_date - today as days_ahead,
            rooms_occupied, rooms_optional, spaces_occupied, spaces_usable, spaces_active,
            spaces_out_of_order, occupancy_mews, occupancy_usali, guests,
            coalesce(adults, 0) as adults, coalesce(children, 0) as children
        from marts.rpt_portfolio_daily
        join todays on scope = enterprise_id
        cross join known
        left join ages using (scope, stay_date)
        where stay_date between greatest(today - 365, first_night) and today + 89
        order by scope, stay_date
    """,
    # Same time last year: what had been booked 364 days ago (the same weekday) for that night
    "books": """
        with last_year as (
            select scope, stay_date + 364 as stay_date, sum(rooms) as rooms_last_year
            from on_the_books((select max(as_of_utc) - interval 364 day from todays))
            join scopes using (service_id)
            where is_lodging group by all
        )
        select
            scope, stay_date, rooms_occupied, rooms_optional, spaces_usable, rooms_last_year
        from marts.rpt_portfolio_daily
        join todays on scope = enterprise_id
        left join last_year using (scope, stay_date)
        where stay_date between today and today + 89
        order by scope, stay_date
    """,
    "pickup": """
        with parts as (
            unpivot marts.rpt_pickup
            on rooms_new, rooms_converted, rooms_reinstated, rooms_moved, rooms_cancelled,
                rooms_no_show
            into name part value part_rooms
        )
        select scope, stay_date, replace(part[7:], '_', '-') as part, sum(part_rooms) as rooms
        from parts
        join scopes using (service_id)
        join todays using (scope)
        where window_days = 7 and is_lodging and part_rooms != 0
            and stay_date between today - 7 and today + 120
        group by all order by all
    """,
    # Four weeks each, at the steps that are known of all their nights
    "pace": """
        with cohorts as (
            select
                scope, today, days_before, stay_date, rooms, rooms_last_year,
                cast(floor((stay_date - today) / 28) as integer) as cohort
            from marts.rpt_booking_pace
            join scopes using (service_id)
            join todays using (scope)
            where is_lodging
        )
        select
            scope, cohort, days_before,
            round(sum(rooms) / 28, 2) as rooms_per_night,
            round(sum(rooms_last_year) / 28, 2) as last_year
        from cohorts
        where cohort between -2 and 2 and cohort * 28 + 27 <= days_before
        group by all order by all
    """,
    "matrix": """
        select
            scope, coalesce(from_state, 'New') as from_state, to_state,
            sum(transitions) as transitions,
            coalesce(sum(transitions) filter (basis = 'observed'), 0) as observed,
            coalesce(sum(transitions) filter (basis = 'inferred'), 0) as inferred,
            coalesce(sum(transitions) filter (basis = 'collapsed'), 0) as collapsed,
            sum(transitions) / sum(sum(transitions)) over (partition by scope, from_state) as share
        from marts.rpt_state_transition_matrix
        join scopes using (service_id)
        join todays using (scope)
        where period_start > today - 365
        group by scope, from_state, to_state order by all
    """,
    "funnel": """
        with steps as (
            unpivot marts.rpt_booking_funnel
            on created, inquired, optional, confirmed, started, processed, cancelled
            into name step value reservations
        )
        select scope, step, sum(reservations) as reservations
        from steps
        join scopes using (service_id)
        join todays using (scope)
        where created_month > today - 365
        group by all order by all
    """,
    "dwell": """
        select
            scope, from_state as state, count(*) as transitions,
            median(dwell_seconds) / 3600 as median_hours,
            quantile_cont(dwell_seconds, 0.9) / 3600 as p90_hours
        from marts.fct_reservation_state_transitions
        join scopes using (service_id)
        join todays using (scope)
        where from_state is not null and dwell_seconds is not null
        group by all order by all
    """,
    "cancellations": """
        select
            scope, lead_bucket, cancellation_reason as reason, sum(cancellations) as cancellations
        from marts.rpt_cancellations
        join scopes using (service_id)
        join todays using (scope)
        where cancelled_month > today - 365
        group by all order by all
    """,
    "restatements": """
        select
            scope, stay_date, enterprise_name as property,
            coalesce(resource_category_name, 'unknown') as category, reason,
            rooms, rooms_at_close, rooms_now, posted_at
        from marts.rpt_restatements as restated
        join scopes using (service_id)
        join todays using (scope)
        left join marts.dim_resource_category using (resource_category_id)
        left join marts.dim_enterprise on dim_enterprise.enterprise_id = restated.enterprise_id
        where is_lodging and rooms != 0
        qualify row_number() over (partition by scope order by posted_at desc, stay_date) <= 20
        order by scope, posted_at desc, stay_date
    """,
    "observation": """
        select
            scope, period_start, sum(transitions) as transitions,
            sum(transitions * share_observed) / sum(transitions) as observed,
            sum(transitions * share_inferred) / sum(transitions) as inferred,
            sum(transitions * share_collapsed) / sum(transitions) as collapsed
        from marts.rpt_observation
        join scopes using (service_id)
        join todays using (scope)
        where period_start > today - 365
        group by all order by all desc
    """,
    "coverage": """
        select
            'all' as scope, operation, covered_from_utc, covered_through_utc, observed_since_utc,
            fetches, gaps, gap_hours
        from marts.rpt_coverage order by all
    """,
}

MEANINGS = """
    select distinct column_name, first(comment order by table_name = 'rpt_portfolio_daily' desc)
    from duckdb_columns()
    where comment is not null and table_name in (
        'rpt_portfolio_daily', 'rpt_pickup', 'rpt_restatements', 'rpt_coverage', 'about',
        'fct_reservation_state_transitions', 'rpt_state_dwell', 'rpt_cancellations'
    )
    group by column_name order by column_name
"""
