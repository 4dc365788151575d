"""Imports every model, so that one metadata knows all tables. Owns nothing else."""

from service.db import Base
from service.deliveries import models as deliveries
from service.issues import models as issues
from service.mail import models as mail
from service.staff import models as staff
from service.subscribers import models as subscribers
from service.tracking import models as tracking

metadata = Base.metadata

__all__ = ["deliveries", "issues", "mail", "metadata", "staff", "subscribers", "tracking"]
