"""Ids derived from the seed, and the ids of the vendor's documented examples."""

from hashlib import md5


class Ids:
    """UUIDs by kind and key: the same seed gives the same ids, on every machine.

    A pinned id takes precedence over the derived one.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._pinned: dict[tuple[str, object], str] = {}

    def pin(self, kind: str, key: object, value: str) -> None:
        """Set the id of a kind and key."""
        self._pinned[kind, key] = value

    def __call__(self, kind: str, key: object) -> str:
        """Return the id of a kind and key, as a lower-case UUID in the form of version 4."""
        pinned = self._pinned.get((kind, key))
        return pinned if pinned is not None else derived_id(f"{self._seed}:{kind}:{key}")


def derived_id(text: str) -> str:
    """Derive a UUID from a text, in the form of version 4."""
    digits = md5(text.encode(), usedforsecurity=False).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


# Ids in the example requests and responses of the vendor's docs, so that those requests work as is.
EXAMPLE_ENTERPRISES = (
    "3fa85f64-5717-4562-b3fc-2c963f66afa6",
    "4d0201db-36f5-428b-8d11-4f0a65e960cc",
)
EXAMPLE_STAY_SERVICES = (
    "bd26d8db-86da-4f96-9efc-e5a4654a4a94",
    "8c1bd738-a505-4b29-aa71-9ecc2982b843",
)
EXAMPLE_SPA_SERVICES = (
    "ae8da28c-e8a4-4141-9df0-8c998976c691",
    "6b02d015-47ac-4c41-8e9f-5b4db61d4284",
)
# The other reservation of the example request has the id of the example order. Here no reservation
# has it: items name either by its id alone.
EXAMPLE_RESERVATION = "0f515589-99b4-423d-b83a-b237009f0509"
EXAMPLE_ORDER = "9b59b50d-bd32-4ce5-add8-09ea0e1300e7"
EXAMPLE_ORDER_CURSOR = "819e3435-7d5e-441f-bc68-76d89c69b8f5"
EXAMPLE_GROUP = "94843f6f-3be3-481b-a1c7-06458774c3df"
EXAMPLE_ACCOUNT = "fadd5bb6-b428-45d5-94f8-fd0d89fece6d"
EXAMPLE_COMPANY = "c021013e-4930-4592-8e32-91b0b1fc9663"
EXAMPLE_AGENCY = "a793d381-65a2-4fa6-9514-00c4c5bfe607"
EXAMPLE_PROFILE = "3cd637ef-4728-47f9-8fb1-afb900c9cdcf"
EXAMPLE_RATE = "ed4b660b-19d0-434b-9360-a4de2ea42eda"
EXAMPLE_CATEGORY = "773d5e42-de1e-43a0-9ce6-f940faf2303f"
EXAMPLE_RESOURCES = (
    "20e00c32-d561-4008-8609-82d8aa525714",
    "5ee074b1-6c86-48e8-915f-c7aa4702086f",
    "c32386aa-1cd2-414a-a823-489325842fbe",
)
EXAMPLE_BLOCKS = (
    "5ee074b1-6c86-48e8-915f-c7aa4702086f",
    "c32386aa-1cd2-414a-a823-489325842fbe",
)
EXAMPLE_ADULTS = "1f67644f-052d-4863-acdf-ae1600c60ca0"
EXAMPLE_CHILDREN = "ab58c939-be30-4a60-8f75-ae1600c60c9f"


def pin_examples(ids: Ids) -> None:
    """Assign the example ids to the first properties, except those of records made later."""
    for kind, examples in (
        ("enterprise", EXAMPLE_ENTERPRISES),
        ("stay", EXAMPLE_STAY_SERVICES),
        ("spa", EXAMPLE_SPA_SERVICES),
    ):
        for number, example in enumerate(examples):
            ids.pin(kind, number, example)
    for number, example in enumerate(EXAMPLE_RESOURCES):
        ids.pin("space", (0, number), example)
    for number, example in enumerate(EXAMPLE_BLOCKS):
        ids.pin("availability block", (0, number), example)
    ids.pin("category", (0, "STD"), EXAMPLE_CATEGORY)
    ids.pin("age category", (0, "stay", "Adult"), EXAMPLE_ADULTS)
    ids.pin("age category", (0, "stay", "Child"), EXAMPLE_CHILDREN)
    ids.pin("rate", (0, 0), EXAMPLE_RATE)
    ids.pin("profile", (0, 0), EXAMPLE_PROFILE)
    ids.pin("company", 0, EXAMPLE_COMPANY)
    ids.pin("agency", 0, EXAMPLE_AGENCY)
