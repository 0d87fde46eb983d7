"""How far to go and how much to ask for, page by page.

Sources: both seeds (Limitation, Cursor); MEWS.md 4 ("Cursor", "408"); issue 3, item 3.
"""

from mews_pipeline.mews.errors import CursorLoopError
from mews_pipeline.mews.responses import Page

SMALLEST_COUNT = 10
GROW_AFTER = 3


class PageSize:
    """Rows to ask for in a page: halved when Mews finds it too heavy, doubled when it does not."""

    def __init__(self, most: int) -> None:
        self.count = self.most = most
        self._good_answers = 0

    def shrink(self) -> bool:
        """Halve it, down to SMALLEST_COUNT; False when it was that small already."""
        self._good_answers = 0
        before, floor = self.count, min(SMALLEST_COUNT, self.most)
        self.count = max(before // 2, floor)
        return self.count < before

    def answered(self) -> None:
        """Take note of a good answer; after a few in a row, ask for twice as much again."""
        self._good_answers += 1
        if self._good_answers >= GROW_AFTER:
            self._good_answers = 0
            self.count = min(self.count * 2, self.most)


class Trail:
    """The pages of one walk, to see that it gets on."""

    def __init__(self, operation: str, cursor: str | None) -> None:
        self._operation = operation
        self._cursors = {cursor}
        self._pages: set[int] = set()

    def next_cursor(self, page: Page) -> str | None:
        """Give what to ask the next page by; None after the last.

        Only a page without a cursor or without records is the last: one that is merely short is
        not. Raises CursorLoopError when the cursor, or just these records, came before.
        """
        if page.cursor is None or not page.records:
            return None
        records = hash(tuple(str(record.get("Id")) for record in page.records))
        if page.cursor in self._cursors or records in self._pages:
            raise CursorLoopError(
                f"paging goes in a circle (page {len(self._cursors)} led back)",
                operation=self._operation,
            )
        self._cursors.add(page.cursor)
        self._pages.add(records)
        return page.cursor
