"""Events from outside, as they knock at our door: verified, stored once, answered. Handling them is a worker's."""

from service.web.webhooks import stripe
from service.web.webhooks.door import blueprint

__all__ = ["blueprint", "stripe"]
