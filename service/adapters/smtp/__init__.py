"""A relay over SMTP, behind ``service.mail.transport``. Owns the dialogue and its phases; never what an outcome means.

From the wire up: ``line`` is a socket, ``replies`` reads what a relay says, ``greeting`` and ``opening`` make a
connection that can take mail, ``dialogue`` knows its phase at every byte, ``session`` drives several, ``relay`` is a
route's address.
"""

from service.adapters.smtp.patience import Patience
from service.adapters.smtp.relay import SmtpRelay

__all__ = ["Patience", "SmtpRelay"]
