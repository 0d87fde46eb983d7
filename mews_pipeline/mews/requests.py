"""The base of all requests: types of their fields, limits, and errors.

Fields have Python names (`updated_utc`) and the API's spelling as alias (`UpdatedUtc`); both are
accepted, only the latter is sent. Descriptions are the vendor's. A request holds no tokens.
"""

from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_pascal

from mews_pipeline.mews.errors import InvalidRequestError
from mews_pipeline.mews.intervals import Interval, is_too_long

MAX_COUNT = 1000

Body = dict[str, Any]
T = TypeVar("T")


class ServiceOrderState(StrEnum):
    """The state of a reservation or product service order."""

    INQUIRED = "Inquired"
    CONFIRMED = "Confirmed"
    STARTED = "Started"
    PROCESSED = "Processed"
    CANCELED = "Canceled"
    OPTIONAL = "Optional"
    REQUESTED = "Requested"


class ActivityState(StrEnum):
    """Whether a reference record is in use; the vendor's default is Active only."""

    ACTIVE = "Active"
    DELETED = "Deleted"


def _no_item_twice(items: list[T] | None) -> list[T] | None:
    if items is not None and len(set(items)) < len(items):
        raise ValueError("each item may be given once")
    return items


def _not_too_long(interval: Interval | None) -> Interval | None:
    if interval is not None and is_too_long(interval):
        raise ValueError(f"longer than 3 months ({interval.start} to {interval.end})")
    return interval


# The limits of reservations (docs/mews-api.md, "Requests"): 1000 items, for some lists 100; a given
# list is not empty.
Ids = Annotated[list[UUID] | None, Field(min_length=1, max_length=1000)]
FewIds = Annotated[list[UUID] | None, Field(min_length=1, max_length=100)]
Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[list[Text] | None, Field(min_length=1, max_length=1000)]
FewTexts = Annotated[list[Text] | None, Field(min_length=1, max_length=100)]
States = Annotated[
    list[ServiceOrderState] | None, Field(min_length=1), AfterValidator(_no_item_twice)
]
ActivityStates = Annotated[
    list[ActivityState] | None, Field(min_length=1), AfterValidator(_no_item_twice)
]
IntervalFilter = Annotated[Interval | None, AfterValidator(_not_too_long)]

ENTERPRISE_IDS = (
    "Unique identifiers of the Enterprises. If not specified, the operation returns data for all "
    "enterprises within scope of the Access Token."
)


def describe(error: ValidationError) -> str:
    """Return in one line what a model refuses, each field by the API's name; never the values."""
    refusals = []
    for fault in error.errors(include_url=False, include_input=False, include_context=False):
        field = ".".join(_as_mews_spells(part) for part in fault["loc"])
        text = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            text = "there is no such filter"
        refusals.append(f"{field}: {text}" if field else text)
    return "; ".join(refusals)


def _as_mews_spells(part: int | str) -> str:
    text = str(part)
    return to_pascal(text) if text.islower() else text


class Part(BaseModel):
    """An object within a request."""

    model_config = ConfigDict(
        alias_generator=to_pascal,
        validate_by_name=True,
        validate_by_alias=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        # Built when used first: a run uses few of them
        defer_build=True,
    )


class Limitation(Part):
    """Limitation on the quantity of data returned and optional Cursor for its starting point."""

    count: int = Field(MAX_COUNT, ge=1, le=MAX_COUNT, strict=True, description="Rows in a page.")
    cursor: UUID | None = Field(
        None,
        description="Unique identifier of the item one newer in time order than the items to be "
        "returned. If not specified, the most recent items will be returned.",
    )


class Request(Part):
    """A request to one operation. Raises InvalidRequestError, with the fields named.

    An unknown filter is refused too: Mews would ignore it and respond unfiltered
    (docs/mews-api.md, "Requests").
    """

    path: ClassVar[str] = ""

    @model_validator(mode="wrap")
    @classmethod
    def _refuse_with_the_field_named(
        cls, data: Any, handler: ModelWrapValidatorHandler[Self]
    ) -> Self:
        try:
            request = handler(data)
        except ValidationError as error:
            refusal = describe(error)
        else:
            if not (refusal := request.contradiction()):
                return request
        raise InvalidRequestError(f"not sent. {refusal}", operation=cls.path or None)

    def contradiction(self) -> str:
        """Return which fields contradict each other; empty when none do."""
        return ""

    def body(self) -> Body:
        """Give the JSON body without tokens: the API's names, only what is set."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class PagedRequest(Request):
    """A request whose answer comes in pages; without a Limitation the client decides."""

    limitation: Limitation | None = Field(
        None, description="Rows in a page (1-1000) and, to go on from an earlier page, its Cursor."
    )
