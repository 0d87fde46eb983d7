"""The examples of the vendor's documents, word for word, and records made from them."""

import copy
from typing import Any

Record = dict[str, Any]

RESERVATION: Record = {
    "Id": "0f515589-99b4-423d-b83a-b237009f0509",
    "ServiceId": "bd26d8db-86da-4f96-9efc-e5a4654a4a94",
    "AccountId": "94843f6f-3be3-481b-a1c7-06458774c3df",
    "AccountType": "Customer",
    "CreatorProfileId": "3cd637ef-4728-47f9-8fb1-afb900c9cdcf",
    "UpdaterProfileId": "3cd637ef-4728-47f9-8fb1-afb900c9cdcf",
    "BookerId": "ebd507c5-6bfd-4ca9-96aa-ffed6fa94f72",
    "Number": "52",
    "State": "Confirmed",
    "Origin": "Connector",
    "CommanderOrigin": None,
    "OriginDetails": None,
    "CreatedUtc": "2023-03-23T16:00:00Z",
    "UpdatedUtc": "2023-04-22T17:00:00Z",
    "CancelledUtc": None,
    "VoucherId": None,
    "BusinessSegmentId": None,
    "Options": {
        "OwnerCheckedIn": True,
        "AllCompanionsCheckedIn": True,
        "AnyCompanionCheckedIn": True,
        "ConnectorCheckIn": True,
    },
    "RateId": "ed4b660b-19d0-434b-9360-a4de2ea42eda",
    "CreditCardId": None,
    "GroupId": "94843f6f-3be3-481b-a1c7-06458774c3df",
    "RequestedResourceCategoryId": "773d5e42-de1e-43a0-9ce6-f940faf2303f",
    "AssignedResourceId": "20e00c32-d561-4008-8609-82d8aa525714",
    "AvailabilityBlockId": "5ee074b1-6c86-48e8-915f-c7aa4702086f",
    "PartnerCompanyId": "c021013e-4930-4592-8e32-91b0b1fc9663",
    "TravelAgencyId": "a793d381-65a2-4fa6-9514-00c4c5bfe607",
    "AssignedResourceLocked": False,
    "ChannelNumber": "TW48ZP",
    "ChannelManagerNumber": "",
    "CancellationReason": None,
    "ReleasedUtc": None,
    "StartUtc": "2023-04-23T14:00:00Z",
    "EndUtc": "2023-04-25T12:00:00Z",
    "ScheduledStartUtc": "2023-04-23T14:00:00Z",
    "ActualStartUtc": None,
    "ScheduledEndUtc": "2023-04-25T12:00:00Z",
    "ActualEndUtc": None,
    "Purpose": "Leisure",
    "QrCodeData": None,
    "PersonCounts": [
        {"AgeCategoryId": "1f67644f-052d-4863-acdf-ae1600c60ca0", "Count": 2},
        {"AgeCategoryId": "ab58c939-be30-4a60-8f75-ae1600c60c9f", "Count": 2},
    ],
}

ORDER: Record = {
    "Id": "9b59b50d-bd32-4ce5-add8-09ea0e1300e7",
    "ServiceId": "ae8da28c-e8a4-4141-9df0-8c998976c691",
    "AccountId": "94843f6f-3be3-481b-a1c7-06458774c3df",
    "AccountType": "Customer",
    "CreatorProfileId": "3cd637ef-4728-47f9-8fb1-afb900c9cdcf",
    "UpdaterProfileId": "3cd637ef-4728-47f9-8fb1-afb900c9cdcf",
    "BookerId": "ebd507c5-6bfd-4ca9-96aa-ffed6fa94f72",
    "Number": "52",
    "State": "Confirmed",
    "Origin": "Connector",
    "CommanderOrigin": None,
    "OriginDetails": None,
    "CreatedUtc": "2023-04-23T14:58:02Z",
    "UpdatedUtc": "2023-04-23T14:58:02Z",
    "CancelledUtc": None,
    "VoucherId": None,
    "BusinessSegmentId": None,
    "Options": {
        "OwnerCheckedIn": True,
        "AllCompanionsCheckedIn": True,
        "AnyCompanionCheckedIn": True,
        "ConnectorCheckIn": True,
    },
}


def reservation(**changes: Any) -> Record:
    """Return the example reservation with some fields changed."""
    return copy.deepcopy(RESERVATION) | changes


def order(**changes: Any) -> Record:
    """Return the example order with some fields changed."""
    return copy.deepcopy(ORDER) | changes
