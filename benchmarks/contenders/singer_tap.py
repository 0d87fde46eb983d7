"""Singer: a minimal tap on the public singer-sdk, to be piped into target-duckdb."""

import sys
from typing import Any, ClassVar

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.pagination import JSONPathPaginator

from benchmarks.contenders.requests import LIST_KEY, PATH, body

# fmt: off
_TEXTS = [
    "Id", "ServiceId", "AccountId", "AccountType", "CreatorProfileId", "UpdaterProfileId",
    "BookerId", "Number", "State", "Origin", "CommanderOrigin", "OriginDetails", "VoucherId",
    "BusinessSegmentId", "RateId", "CreditCardId", "GroupId", "RequestedResourceCategoryId",
    "AssignedResourceId", "AvailabilityBlockId", "PartnerCompanyId", "TravelAgencyId",
    "ChannelNumber", "ChannelManagerNumber", "CancellationReason", "Purpose", "QrCodeData",
]
_INSTANTS = [
    "CreatedUtc", "UpdatedUtc", "CancelledUtc", "ReleasedUtc", "StartUtc", "EndUtc",
    "ScheduledStartUtc", "ActualStartUtc", "ScheduledEndUtc", "ActualEndUtc",
]
# fmt: on
_OPTIONS = ("OwnerCheckedIn", "AllCompanionsCheckedIn", "AnyCompanionCheckedIn", "ConnectorCheckIn")
_PERSON = th.ObjectType(
    th.Property("AgeCategoryId", th.StringType), th.Property("Count", th.IntegerType)
)


class Reservations(RESTStream[str]):
    """The reservations, page by page."""

    name = "reservations"
    path = PATH
    rest_method = "POST"
    primary_keys: ClassVar[list[str]] = ["Id", "UpdatedUtc"]
    records_jsonpath = f"$.{LIST_KEY}[*]"
    schema = th.PropertiesList(
        *(th.Property(name, th.StringType) for name in _TEXTS),
        *(th.Property(name, th.DateTimeType) for name in _INSTANTS),
        th.Property("AssignedResourceLocked", th.BooleanType),
        th.Property(
            "Options", th.ObjectType(*(th.Property(name, th.BooleanType) for name in _OPTIONS))
        ),
        th.Property("PersonCounts", th.ArrayType(_PERSON)),
    ).to_dict()

    @property
    def url_base(self) -> str:
        """Return the address given in the configuration."""
        return str(self.config["address"])

    def get_new_paginator(self) -> JSONPathPaginator:
        """Follow the cursor in the body of each response."""
        return JSONPathPaginator("$.Cursor")

    def prepare_request_payload(self, context: Any, next_page_token: str | None) -> dict[str, Any]:
        """Return the same request as every other contender's."""
        del context
        return body(next_page_token)


class BenchmarkTap(Tap):
    """The tap; takes `address`."""

    name = "tap-benchmark"
    config_jsonschema = th.PropertiesList(
        th.Property("address", th.StringType, required=True)
    ).to_dict()

    def discover_streams(self) -> list[RESTStream[str]]:
        """Return the one stream."""
        return [Reservations(self)]


if __name__ == "__main__":
    BenchmarkTap(config={"address": sys.argv[1]}).sync_all()
