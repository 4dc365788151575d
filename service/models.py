"""Imports every model, so that one metadata knows all tables. Owns nothing else."""

from service import turns
from service.alarms import models as alarms
from service.db import Base
from service.deliveries import models as deliveries
from service.donations import models as donations
from service.donations import readings, reconcile, signin
from service.inbox import models as inbox
from service.issues import models as issues
from service.issues.past import models as archives
from service.mail import models as mail
from service.organisation import models as organisation
from service.receipts import models as receipts
from service.routes import models as routes
from service.staff import models as staff
from service.subscribers import change_models as changes
from service.subscribers import field_models as reader_fields
from service.subscribers import models as subscribers
from service.subscribers import own_page_models as own_pages
from service.subscribers import signup_models as signups
from service.subscribers import suppression_models as suppressions
from service.subscribers.importing import models as imports
from service.subscribers.segments import models as segments
from service.tracking import models as tracking

metadata = Base.metadata

__all__ = [
    "alarms",
    "archives",
    "changes",
    "deliveries",
    "donations",
    "imports",
    "inbox",
    "issues",
    "mail",
    "metadata",
    "organisation",
    "own_pages",
    "reader_fields",
    "readings",
    "receipts",
    "reconcile",
    "routes",
    "segments",
    "signin",
    "signups",
    "staff",
    "subscribers",
    "suppressions",
    "tracking",
    "turns",
]
