"""Choose the size of the next page, and its cursor.

Source: docs/mews-api.md, "Paging".
"""

from mews_pipeline.mews.errors import CursorLoopError, EndlessPagesError
from mews_pipeline.mews.pages import Page

SMALLEST_COUNT = 10
GROW_AFTER = 3
# Of a window of three months: 50 million records in full pages, or two hours at the rate limit
MOST_PAGES = 50_000


class PageSize:
    """The rows per page: halved when Mews finds a page too heavy, doubled when it does not."""

    def __init__(self, most: int) -> None:
        self.count = self.most = most
        self._good_responses = 0

    def shrink(self) -> bool:
        """Halve it, down to SMALLEST_COUNT; False when it was that small already."""
        self._good_responses = 0
        before, floor = self.count, min(SMALLEST_COUNT, self.most)
        self.count = max(before // 2, floor)
        return self.count < before

    def answered(self) -> None:
        """Count a good response; after a few in a row, double the size again."""
        self._good_responses += 1
        if self._good_responses >= GROW_AFTER:
            self._good_responses = 0
            self.count = min(self.count * 2, self.most)


class Trail:
    """The pages of one walk so far, to detect a loop."""

    def __init__(self, operation: str, cursor: str | None) -> None:
        self._operation = operation
        self._cursors = {cursor}
        self._pages: set[int] = set()

    def next_cursor(self, page: Page) -> str | None:
        """Return the cursor of the next page; None after the last.

        Only a page without a cursor or without records is the last: a short one is not.
        Raises CursorLoopError when the cursor, or just these records, came before, and
        EndlessPagesError after MOST_PAGES.
        """
        if page.cursor is None or not page.records:
            return None
        records = hash(tuple(page.ids))
        if page.cursor in self._cursors or records in self._pages:
            raise CursorLoopError(
                f"paging goes in a circle (page {len(self._cursors)} led back)",
                operation=self._operation,
            )
        if len(self._cursors) >= MOST_PAGES:
            raise EndlessPagesError(
                f"paging has not ended after {MOST_PAGES:,} pages", operation=self._operation
            )
        self._cursors.add(page.cursor)
        self._pages.add(records)
        return page.cursor
