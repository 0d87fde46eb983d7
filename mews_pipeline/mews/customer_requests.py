"""The request for customers, which asks only where a profile was merged into another.

Source: docs/mews-api.md, "Personal data".
"""

from typing import ClassVar

from pydantic import Field

from mews_pipeline.mews.requests import ActivityStates, Ids, PagedRequest, Part


class CustomerExtent(Part):
    """Extent of data to be returned: no addresses, documents or notes."""

    customers: bool = Field(True, description="Whether the response should contain customers.")
    addresses: bool = Field(False, description="Whether it should contain their addresses.")


class CustomersRequest(PagedRequest):
    """Filters of `customers/getAll`, which needs a permission of its own."""

    path: ClassVar[str] = "customers/getAll"

    customer_ids: Ids = Field(None, description="Unique identifiers of the Customers.")
    activity_states: ActivityStates = Field(
        None, description="Whether to return only active, only deleted or both records."
    )
    extent: CustomerExtent = Field(CustomerExtent(), description="Extent of data to be returned.")
