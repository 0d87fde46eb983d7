"""The agreed definitions, with a switch for each one that the models do not follow yet."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rules:
    """Switches for definitions on which the models and the expectations differ today.

    True is right. Once the models follow a definition, set its switch in KEPT to True; when all
    are True, the switches and the code of the False branches can be removed.
    """

    # Each property has a now of its own: the earlier of its reservations and of its orders
    now_per_property: bool = True
    # A pace row where only last year has bookings
    pace_spine: bool = True
    # The stayed category is the one that the space has in that night
    stayed_by_night: bool = True
    # A removed night is dated in the time zone of the hotel that loses it
    zone_of_each_side: bool = True
    # The total has no capacity in any night while one hotel's is not known
    total_unknown_throughout: bool = True
    # Restated cells without an occupancy row count from 0
    restated_from_ledger: bool = True
    # An implausible timestamp is ignored; the other timestamps still count
    stamps_one_by_one: bool = True
    # Count elapsed hours, not changes of the hour on the clock
    hours_passed: bool = True
    # A dormitory that counts as a room is out of order when all of its beds are
    dormitory_by_all_beds: bool = True
    # Hours of hourly services lie between instants, cut at local midnights
    hours_between_instants: bool = True
    # Nights are posted within a window of years
    ledger_window: bool = True
    # Coverage belongs to the property, whichever token brought it
    coverage_by_property: bool = True
    # If the clock shows the closing time twice, the business day closes at the first
    closes_at_first_stroke: bool = True
    # A stay with an unknown creation has no lead time
    lead_needs_creation: bool = True
    # Adults and children count for age categories of any service, landed at any time
    ages_wherever_they_belong: bool = True


RIGHT = Rules()
# What the models do today
KEPT = Rules()
