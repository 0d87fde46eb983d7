"""The outcomes of a booking: a stay, a cancellation, a no-show, an option that is never confirmed.

Which transitions exist and what they leave in the record: docs/mews-api.md, "Transitions" and
"What each timestamp proves".
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from mews_pipeline.sandbox.hotels.amendments import amend, begin_tentatively
from mews_pipeline.sandbox.hotels.chance import happens, moment, soon
from mews_pipeline.sandbox.hotels.lives import Life

_HOUR, _DAY, _SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)

_REASONS = {
    "RequestedByGuest": 30, "Other": 12, "BookedElsewhere": 9, "TravelAgency": 9,
    "RequestedByBooker": 8, "InvalidPayment": 7, "PriceTooHigh": 5, "InputError": 4, "Update": 4,
    "ForceMajeure": 3, "GuestComplaint": 2, "ServiceNotAvailable": 2, "BookingAbandoned": 4,
    "ConfirmationMissed": 1,
}  # fmt: skip


def stay(life: Life) -> None:
    """Let the guests stay, after the usual changes to a booking."""
    rng, booking = life.rng, life.booking
    begin_tentatively(life)
    amend(life)
    if happens(rng, 0.02):
        _cancel_and_restore(life, moment(rng, life.after_last_change, life.start - 2 * _DAY))
    checked_in = _check_in_time(life)
    if booking.nights and happens(rng, 0.012):
        checked_in = _check_in_after_no_show(life)
    life.change(checked_in, state="Started", actual_start=checked_in, space=booking.space)
    if happens(rng, 0.003):
        # No operation of the API undoes a check-in, but hotels report that it happens
        undone = checked_in + timedelta(minutes=4)
        kept = checked_in if happens(rng, 0.5) else None
        life.change(undone, state="Confirmed", actual_start=kept)
        checked_in = undone + timedelta(minutes=9)
        life.change(checked_in, state="Started", actual_start=checked_in)
    _leave(life, checked_in)


def _leave(life: Life, checked_in: datetime) -> None:
    rng, prop = life.rng, life.booking.prop
    last_day = prop.day_of(life.end)
    out = life.end - timedelta(seconds=rng.randrange(60, 4 * 3600))
    if life.booking.nights == 0:
        out = life.end - timedelta(seconds=rng.randrange(1800))
    elif happens(rng, 0.008):
        out = prop.at(last_day + _DAY, 9 + rng.random())
    elif life.booking.nights > 1:
        _change_in_house(life, checked_in, out)
    out = max(out, checked_in + timedelta(minutes=20))
    life.change(out, state="Processed", actual_end=out)
    if happens(rng, 0.05):
        life.change(soon(rng, out, 30))


def _change_in_house(life: Life, checked_in: datetime, out: datetime) -> None:
    """Extend, shorten or move a stay of more than one night."""
    rng, prop, plan = life.rng, life.booking.prop, life.booking.prop.plan
    last_day = prop.day_of(life.end)
    if happens(rng, 0.05):
        decided = moment(rng, checked_in, prop.at(last_day - _DAY, plan.departure))
        if decided is not None:
            life.plan_other_end(prop.at(last_day - _DAY, plan.departure))
            life.change(decided, end=life.end)
    elif happens(rng, 0.04):
        # An early departure shortens the stay before the check-out: docs/mews-api.md,
        # "The night rule"
        life.plan_other_end(prop.at(last_day + _DAY * rng.randint(1, 2), plan.departure))
        life.change(out - timedelta(minutes=6), end=life.end)
    elif happens(rng, 0.02):
        other = rng.choice(life.booking.category.spaces)
        life.change(checked_in, space=other)
        life.change(moment(rng, checked_in, out), space=life.booking.space)


def _check_in_time(life: Life) -> datetime:
    rng, start, prop = life.rng, life.start, life.booking.prop
    day = life.booking.arrival
    if life.booking.nights == 0:
        return max(start, life.record.created) + timedelta(minutes=rng.randrange(1, 25))
    if happens(rng, 0.04):
        return max(start, prop.at(day + _DAY, 0.1 + 3 * rng.random()))
    if happens(rng, 0.04):
        early = prop.at(day, 9 + 3 * rng.random())
        if early > life.record.created + _HOUR:
            return early
    latest = max(start + _HOUR, prop.at(day, 23.5))
    arrived = moment(rng, max(start, life.record.created), latest)
    return arrived or max(start, life.record.created) + 5 * _SECOND


def _cancel_and_restore(life: Life, cancelled: datetime | None) -> None:
    if cancelled is None:
        return
    reason = life.rng.choice(("RequestedByGuest", "InputError", "Other"))
    life.change(cancelled, state="Canceled", cancelled=cancelled, reason=reason)
    _restore(life, min(soon(life.rng, cancelled, 9), life.start - _HOUR))


def _restore(life: Life, restored: datetime) -> None:
    """Restore a canceled reservation.

    Whether CancelledUtc stays is unknown: docs/mews-api.md, "Open questions".
    """
    if happens(life.rng, 0.5):
        life.change(restored, state="Confirmed", cancelled=None, reason=None)
    else:
        life.change(restored, state="Confirmed")


def _check_in_after_no_show(life: Life) -> datetime:
    """Cancel as no-show, restore next morning, and return the instant of the late check-in."""
    next_day = life.booking.prop.day_of(life.start) + _DAY
    cancelled = life.booking.prop.at(next_day, 4 + life.rng.random())
    life.change(cancelled, state="Canceled", cancelled=cancelled, reason="NoShow")
    restored = life.booking.prop.at(next_day, 7 + 2 * life.rng.random())
    _restore(life, restored)
    return restored + timedelta(minutes=7)


def cancel(life: Life) -> None:
    """Cancel before the arrival."""
    rng, created = life.rng, life.record.created
    reason = rng.choices(tuple(_REASONS), tuple(_REASONS.values()))[0]
    begin_tentatively(life)
    latest = max(life.after_last_change + _HOUR, life.start)
    cancelled = moment(rng, life.after_last_change, latest)
    if reason == "BookingAbandoned":
        life.changes.clear()
        cancelled = created + timedelta(minutes=30)
    if happens(rng, 0.2) and cancelled is not None:
        life.change(moment(rng, life.after_last_change, cancelled))
    life.change(cancelled, state="Canceled", cancelled=cancelled, reason=reason)


def no_show(life: Life) -> None:
    """Let the guests not come: canceled by the nightly run, by hand days later, or never."""
    rng, prop = life.rng, life.booking.prop
    amend(life)
    day = prop.day_of(life.start)
    timing = rng.choices(("night", "late", "never"), (80, 15, 5))[0]
    if timing == "never":
        return
    days_later = 1 if timing == "night" else rng.randint(2, 4)
    cancelled = prop.at(day + _DAY * days_later, 3 + 3 * rng.random())
    life.change(cancelled, state="Canceled", cancelled=cancelled, reason="NoShow")


def expire(life: Life) -> None:
    """Let an option expire: canceled when it is released, or in a few cases never."""
    rng, created = life.rng, life.record.created
    life.initial.state = "Optional"
    released = min(created + _DAY * rng.randint(2, 14), life.start - _HOUR)
    released = max(released.replace(minute=0, second=0), created + _HOUR)
    life.initial.released = released
    if happens(rng, 0.25):
        life.change(moment(rng, created, released))
    if happens(rng, 0.06):
        return
    cancelled = released + timedelta(seconds=rng.randrange(1, 600))
    life.change(cancelled, state="Canceled", cancelled=cancelled, reason="ConfirmationMissed")


def enquire(life: Life) -> None:
    """Let an enquiry or a request fail: closed, or left open."""
    rng, created = life.rng, life.record.created
    life.initial.state = "Requested" if happens(rng, 0.12) else "Inquired"
    if happens(rng, 0.55):
        closed = soon(rng, created, 60)
        reason = rng.choice(("PriceTooHigh", "BookedElsewhere", "Other", "ConfirmationMissed"))
        life.change(closed, state="Canceled", cancelled=closed, reason=reason)


def walk(life: Life) -> None:
    """Turn the guests away because the hotel is full: canceled on the evening of the arrival."""
    prop = life.booking.prop
    amend(life)
    turned_away = prop.at(prop.day_of(life.start), 21 + life.rng.random())
    turned_away = max(turned_away, life.record.created + _HOUR)
    life.change(turned_away, state="Canceled", cancelled=turned_away, reason="ServiceNotAvailable")


Outcome = Callable[[Life], None]
