"""Send short messages to chats and by mail.

It never shows an address, which holds a password or a token, and knows nothing of what it sends.
"""

from mews_pipeline.notify.sender import ChannelError, Message, send

__all__ = ["ChannelError", "Message", "send"]
