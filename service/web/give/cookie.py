"""The giver's own cookie: which form this browser sent last. It opens nothing but the giver's own thanks.

Without it, nobody who has a link to a thanks page learns who gave.
"""

from datetime import timedelta
from typing import Final

from service.tokens import Purpose
from service.web.cookies import OwnCookie

GIFT_COOKIE: Final = OwnCookie("postrider-gift", Purpose.GIFT, timedelta(days=1))
