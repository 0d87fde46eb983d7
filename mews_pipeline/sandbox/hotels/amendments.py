"""Changes to a booking between its creation and the arrival.

Which transitions exist: docs/mews-api.md, "Transitions".
"""

from datetime import datetime, timedelta

from mews_pipeline.sandbox.hotels.chance import happens, moment
from mews_pipeline.sandbox.hotels.lives import Life, random_persons

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def begin_tentatively(life: Life) -> None:
    """Let some bookings begin as an option, an enquiry or a request, to be confirmed later."""
    rng, created = life.rng, life.record.created
    latest = min(life.start - 12 * _HOUR, created + 10 * _DAY)
    if latest <= created + 2 * _HOUR:
        return
    kind = rng.choices(("Confirmed", "Optional", "Inquired", "Requested"), (86, 9, 4.5, 0.5))[0]
    if kind == "Confirmed":
        return
    life.initial.state = kind
    if kind == "Optional":
        life.initial.released = latest.replace(minute=0, second=0) + _HOUR
    confirmed = moment(rng, created + _HOUR, latest)
    if kind == "Inquired" and happens(rng, 0.4) and confirmed is not None:
        held = moment(rng, created + timedelta(minutes=10), confirmed)
        life.change(held, state="Optional", released=latest)
    life.change(confirmed, state="Confirmed")


def amend(life: Life) -> None:
    """Change dates, category, persons, space or nothing visible between creation and arrival."""
    rng, initial, booking = life.rng, life.initial, life.booking
    first, last = life.after_last_change, life.start - _HOUR
    if booking.nights and happens(rng, 0.07):
        _move_dates(life, moment(rng, first, last))
    if happens(rng, 0.03):
        booked = rng.choice(booking.prop.categories[:3])
        changed = moment(rng, first, last)
        if booked.service is booking.service and changed is not None:
            initial.category = booked
            life.change(changed, category=booking.category)
    if happens(rng, 0.05):
        persons, initial.persons = initial.persons, random_persons(booking.category, rng)
        life.change(moment(rng, first, last), persons=persons)
    if happens(rng, 0.22):
        life.change(moment(rng, first, last))
    if happens(rng, 0.006):
        # Two versions within one second: the API's instants do not show which came first
        twice = moment(rng, first, last)
        if twice is not None:
            life.change(twice, is_locked=True)
            life.change(twice.replace(microsecond=500_000), is_locked=False)
    _assign(life, first, last)


def _move_dates(life: Life, changed: datetime | None) -> None:
    if changed is None:
        return
    rng, booking, plan = life.rng, life.booking, life.booking.prop.plan
    arrival = booking.arrival + _DAY * rng.choice((-7, -1, 0, 0, 1, 2, 7))
    nights = max(1, booking.nights + rng.choice((-1, 0, 0, 1, 2)))
    if booking.prop.at(arrival, plan.arrival) <= changed:
        return
    life.initial.start = booking.prop.at(arrival, plan.arrival)
    life.initial.end = booking.prop.at(arrival + _DAY * nights, plan.departure)
    life.change(changed, start=life.start, end=life.end)


def _assign(life: Life, first: datetime, last: datetime) -> None:
    rng, initial, booking = life.rng, life.initial, life.booking
    if booking.space is None:
        return
    if happens(rng, 0.45):
        initial.space = booking.space
        initial.is_locked = happens(rng, 0.1)
        if happens(rng, 0.06):
            initial.space = rng.choice(booking.category.spaces)
            life.change(moment(rng, first, last), space=booking.space)
    else:
        life.change(moment(rng, max(first, last - 4 * _DAY), last), space=booking.space)
