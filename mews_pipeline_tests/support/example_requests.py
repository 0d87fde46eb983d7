"""The example requests of the vendor's documents, word for word."""

from typing import Any

RESERVATIONS_REQUEST: dict[str, Any] = {
    "ClientToken": "E0D439EE522F44368DC78E1BFB03710C-D24FB11DBE31D4621C4817E028D9E1D",
    "AccessToken": "C66EF7B239D24632943D115EDE9CB810-EA00F8FD8294692C940F6B5A8F9453D",
    "Client": "Sample Client 1.0.0",
    "ReservationIds": [
        "0f515589-99b4-423d-b83a-b237009f0509",
        "9b59b50d-bd32-4ce5-add8-09ea0e1300e7",
    ],
    "ServiceIds": ["bd26d8db-86da-4f96-9efc-e5a4654a4a94", "8c1bd738-a505-4b29-aa71-9ecc2982b843"],
    "ReservationGroupIds": ["94843f6f-3be3-481b-a1c7-06458774c3df"],
    "AccountIds": ["fadd5bb6-b428-45d5-94f8-fd0d89fece6d"],
    "PartnerCompanyIds": ["c021013e-4930-4592-8e32-91b0b1fc9663"],
    "TravelAgencyIds": ["a793d381-65a2-4fa6-9514-00c4c5bfe607"],
    "Numbers": ["50", "51", "52", "53"],
    "AssignedResourceIds": [
        "5ee074b1-6c86-48e8-915f-c7aa4702086f",
        "c32386aa-1cd2-414a-a823-489325842fbe",
    ],
    "AvailabilityBlockIds": [
        "5ee074b1-6c86-48e8-915f-c7aa4702086f",
        "c32386aa-1cd2-414a-a823-489325842fbe",
    ],
    "CreatedUtc": {"StartUtc": "2023-04-01T00:00:00Z", "EndUtc": "2023-05-05T00:00:00Z"},
    "UpdatedUtc": {"StartUtc": "2023-04-01T00:00:00Z", "EndUtc": "2023-05-05T00:00:00Z"},
    "CollidingUtc": {"StartUtc": "2023-04-01T00:00:00Z", "EndUtc": "2023-05-05T00:00:00Z"},
    "ScheduledStartUtc": {"StartUtc": "2023-04-01T00:00:00Z", "EndUtc": "2023-05-05T00:00:00Z"},
    "ScheduledEndUtc": {"StartUtc": "2023-04-01T00:00:00Z", "EndUtc": "2023-05-05T00:00:00Z"},
    "States": ["Inquired", "Confirmed"],
    "EnterpriseIds": [
        "3fa85f64-5717-4562-b3fc-2c963f66afa6",
        "4d0201db-36f5-428b-8d11-4f0a65e960cc",
    ],
    "Limitation": {"Count": 10},
}

PRODUCT_SERVICE_ORDERS_REQUEST: dict[str, Any] = {
    "ClientToken": "E0D439EE522F44368DC78E1BFB03710C-D24FB11DBE31D4621C4817E028D9E1D",
    "AccessToken": "C66EF7B239D24632943D115EDE9CB810-EA00F8FD8294692C940F6B5A8F9453D",
    "Client": "Sample Client 1.0.0",
    "ProductServiceOrderIds": ["9b59b50d-bd32-4ce5-add8-09ea0e1300e7"],
    "ServiceIds": ["ae8da28c-e8a4-4141-9df0-8c998976c691", "6b02d015-47ac-4c41-8e9f-5b4db61d4284"],
    "UpdatedUtc": {"StartUtc": "2023-04-01T00:00:00Z", "EndUtc": "2023-05-05T00:00:00Z"},
    "Limitation": {"Cursor": "819e3435-7d5e-441f-bc68-76d89c69b8f5", "Count": 10},
}

CLIENT_TOKEN = RESERVATIONS_REQUEST["ClientToken"]
ACCESS_TOKEN = RESERVATIONS_REQUEST["AccessToken"]


def without_tokens(body: dict[str, Any]) -> dict[str, Any]:
    """Give the filters of a body."""
    return {
        name: value
        for name, value in body.items()
        if name not in ("ClientToken", "AccessToken", "Client")
    }
