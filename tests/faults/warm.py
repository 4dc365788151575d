"""What every process would do first is done once in the one they are forked from. Never connects to anything."""

from sqlalchemy.orm import configure_mappers

import service.web.app  # noqa: F401 - imported for the forks
import tests.faults.senders  # noqa: F401 - the same
from service.db import make_engine

configure_mappers()
make_engine("postgresql+psycopg://nowhere").dispose()  # imports the driver
