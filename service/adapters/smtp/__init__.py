"""A relay over SMTP, behind ``service.mail.transport``. Owns the dialogue and its phases; never what an outcome means.

From the wire up: ``replies`` reads what a relay says, ``dialogue`` knows the phase of one connection at every byte,
``line`` is its socket, ``opening`` greets, ``session`` drives several at once, ``relay`` is a route's address.
"""

from service.adapters.smtp.classic import SmtpTransport
from service.adapters.smtp.patience import Patience
from service.adapters.smtp.relay import SmtpRelay

__all__ = ["Patience", "SmtpRelay", "SmtpTransport"]
