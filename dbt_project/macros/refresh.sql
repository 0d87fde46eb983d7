{# The models that delete touched ids and post them again; models/refresh explains the protocol. #}
{% macro reposted_models() -%}
    {{ return([
        "fct_reservations", "fct_room_night_ledger", "fct_reservation_state_transitions",
        "fct_reservation_modifications", "fct_product_service_order_state_transitions",
        "rpt_quarantined_reservations", "int_reservation_lives"
    ]) }}
{%- endmacro %}

{# The table of a model that is kept between builds. #}
{% macro kept_relation(name) -%}
    {%- set schema = "intermediate" if name.startswith("int_") else "marts" -%}
    {{ return(load_relation(api.Relation.create(target.database, schema, name))) }}
{%- endmacro %}

{# The models that count touched nights, months that have any, or touched stays again. #}
{% macro recounted_models() -%}
    {{ return([
        "fct_booked_daily", "fct_booked_by_lead", "int_night_revenue", "rpt_length_of_stay",
        "rpt_no_shows", "rpt_stay_profile"
    ]) }}
{%- endmacro %}

{#
    The models over the calendar, which also depend on capacity, on the dates of the reports, on the
    present date or on when runs knew the books: they count touched nights again, or all nights if one
    of these has changed.
#}
{% macro calendar_models() -%}
    {{ return([
        "fct_moved_daily", "fct_occupancy_daily", "fct_spaces_occupied_daily", "rpt_booking_pace",
        "rpt_late_knowledge", "rpt_portfolio_daily", "rpt_restatements", "rpt_rooms_by_state"
    ]) }}
{%- endmacro %}

{# Whether this build counts every night from nothing, in a warehouse without any counts or on demand. #}
{% macro counts_every_night() -%}
    {%- if not execute or flags.FULL_REFRESH -%}{{ return(true) }}{%- endif -%}
    {%- for name in recounted_models() + calendar_models()
        if kept_relation(name) is not none -%}
        {{ return(false) }}
    {%- endfor -%}
    {{ return(true) }}
{%- endmacro %}

{#
    Whether what a model over the calendar depends on besides reservations is as it was when the mark
    was set: `calendar` (int_calendar_context), `local_dates` (int_local_dates) or `knowledge`. If not,
    or if a service was touched as a whole, the model counts all nights again. The mark is read as JSON,
    because that of an earlier release has other columns until a build of all models drops it.
#}
{% macro is_kept(part, relation) -%}
    {%- if not execute or not is_incremental() -%}{{ return(false) }}{%- endif -%}
    {%- if kept_relation("int_refresh_applied") is none -%}{{ return(false) }}{%- endif -%}
    {%- set found = run_query(
        "select count(*) from " ~ mark_of_window() ~ " inner join " ~ relation ~ " as present"
        ~ " on to_json(mark) ->> '" ~ part ~ "' = present." ~ part
        ~ " where mark.landed_through is not null and not exists (select 1 from "
        ~ ref("int_touched_service_orders") ~ " as touched where touched.entity = 'service'"
        ~ " and touched.landed_through > mark.landed_through)"
    ) -%}
    {{ return(found.columns[0].values()[0] == 1) }}
{%- endmacro %}

{# The mark, if the window of posted nights is as it was then or has grown at its end. #}
{% macro mark_of_window() -%}
    {{ return(
        api.Relation.create(target.database, "intermediate", "int_refresh_applied") ~ " as mark"
        ~ " inner join "
        ~ api.Relation.create(target.database, "intermediate", "int_ledger_window")
        ~ " as ledger_window on mark.first_night = ledger_window.first_night"
        ~ " and mark.last_night <= ledger_window.last_night"
    ) }}
{%- endmacro %}

{#
    Whether what was touched is not posted yet. Where nothing of reservations landed, a build finds the
    list of an earlier one, which may be of all reservations.
#}
{% macro is_not_applied(touched) -%}
    {%- if not execute -%}{{ return("true") }}{%- endif -%}
    not exists (
        select 1 from {{ mark_of_window() }}
        where
            mark.last_night = ledger_window.last_night
            and mark.landed_through >= {{ touched }}.landed_through
    )
{%- endmacro %}

{% macro is_calendar_kept() -%}
    {%- do ref("int_touched_service_orders") -%}
    {{ return(is_kept("calendar", ref("int_calendar_context"))) }}
{%- endmacro %}

{% macro are_local_dates_kept() -%}
    {%- do ref("int_touched_service_orders") -%}
    {%- do ref("int_touched_nights") -%}
    {{ return(is_kept("local_dates", ref("int_local_dates"))) }}
{%- endmacro %}

{#
    Of the runs that were known when the mark was set alone: a later run knows of earlier postings
    nothing that their nights do not show.
#}
{% macro is_knowledge_kept() -%}
    {%- do ref("int_touched_service_orders") -%}
    {%- if not execute -%}{{ return(false) }}{%- endif -%}
    {%- set mark = api.Relation.create(target.database, "intermediate", "int_refresh_applied") -%}
    {%- set through = (
        "(select cast(to_json(mark) ->> 'known_through' as timestamptz) from " ~ mark ~ " as mark)"
    ) -%}
    {{ return(is_kept("knowledge", "(" ~ knowledge_through(through) ~ ")")) }}
{%- endmacro %}

{#
    What late knowledge depends on besides reservations, as one hash: when runs first knew the books,
    of the runs that were known at an instant, and former zones and offsets.
#}
{% macro knowledge_through(instant) -%}
    select
        concat_ws(
            ' ',
            (
                select coalesce(sum(hash(first_known)), 0)
                from {{ ref('int_first_known') }} as first_known
                where first_known.known_at <= {{ instant }}
            ),
            (
                select coalesce(sum(hash(former_offsets)), 0)
                from {{ ref('int_former_offsets') }} as former_offsets
            )
        ) as knowledge
{%- endmacro %}

{#
    The landing up to which everything is posted, as SQL; none if everything must be posted again,
    because the mark or one of the posted models is missing, or because the window of posted nights
    changed other than by growing at its end, as it does each year.
#}
{% macro applied_through() -%}
    {%- if not execute or flags.FULL_REFRESH -%}{{ return(none) }}{%- endif -%}
    {%- for name in reposted_models() -%}
        {%- if kept_relation(name) is none -%}
            {{ return(none) }}
        {%- endif -%}
    {%- endfor -%}
    {%- if kept_relation("int_refresh_applied") is none
        or kept_relation("int_ledger_window") is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set found = run_query(
        "select cast(max(mark.landed_through) as varchar) from " ~ mark_of_window()
    ) -%}
    {%- set landed_through = found.columns[0].values()[0] -%}
    {{ return("timestamptz '" ~ landed_through ~ "'" if landed_through else none) }}
{%- endmacro %}

{#
    A condition on UpdatedUtc that all versions of touched reservations fulfil. Storage is ordered by
    landing and so nearly by UpdatedUtc: what lies before the first of these versions is not read.
#}
{% macro may_be_touched() -%}
    {%- set touched, landed = ref("int_touched_service_orders"), ref("stg_mews__reservations") -%}
    {%- set applied = applied_through() -%}
    {%- if not applied -%}{{ return("true") }}{%- endif -%}
    {%- set posted = api.Relation.create(target.database, "marts", "fct_reservations") -%}
    {%- set found = run_query(
        "select cast(least((select min(first_seen_utc) from " ~ posted ~ " where reservation_id in ("
        ~ "select touched_id from " ~ touched ~ " where entity = 'reservation')), "
        ~ "(select min(updated_utc) from " ~ landed ~ " where landed_at > " ~ applied
        ~ ")) as varchar)"
    ) -%}
    {%- set since = found.columns[0].values()[0] -%}
    {{ return("updated_utc >= timestamptz '" ~ since ~ "'" if since else "true") }}
{%- endmacro %}

{# The last night of the window when everything was last posted, as SQL; none if there is no mark. #}
{% macro posted_last_night() -%}
    {%- if not execute -%}{{ return(none) }}{%- endif -%}
    {%- set mark = api.Relation.create(target.database, "intermediate", "int_refresh_applied") -%}
    {%- set found = run_query("select cast(max(last_night) as varchar) from " ~ mark) -%}
    {%- set last_night = found.columns[0].values()[0] -%}
    {{ return("date '" ~ last_night ~ "'" if last_night else none) }}
{%- endmacro %}

{# Pre-hook: delete the touched ids before they are posted again, in the same transaction. #}
{% macro delete_touched(entity, key) -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where {{ key }} in (
            select touched_id from {{ ref('int_touched_service_orders') }}
            where entity = '{{ entity }}'
        )
    {%- endif -%}
{%- endmacro %}

{# For a model of touched reservations that is posted from marts: keep the rows of touched ones. #}
{% macro of_touched_reservations(rows) -%}
    {%- set touched = ref("int_touched_service_orders") -%}
    {%- if is_incremental() -%}
    semi join {{ touched }} as touched
        on
            {{ rows }}.reservation_id = touched.touched_id
            and touched.entity = 'reservation'
    {%- endif -%}
{%- endmacro %}

{#
    A posted model that is built in full needs every id touched, and only the model upstream can do
    that: a full refresh of the posted model alone would keep the few touched ids and lose the rest.
#}
{% macro require_touched_upstream(touched="int_touched_service_orders", read_by_hooks=[]) -%}
    {%- for name in [touched] + read_by_hooks %}{% do ref(name) %}{% endfor -%}
    {%- if execute and flags.WHICH in ("run", "build")
        and not is_incremental()
        and "model.mews_pipeline." ~ touched not in selected_resources -%}
        {{ exceptions.raise_compiler_error(
            model.name ~ " cannot be built in full alone: select it with everything upstream and "
            ~ "downstream of it, dbt build --full-refresh --select +" ~ model.name ~ "+"
        ) }}
    {%- endif -%}
{%- endmacro %}
