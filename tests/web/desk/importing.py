"""Somebody at the desk's door for files of readers, and a worker behind it. Owns no fixture."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from service.db import SessionFactory
from service.jobs import Job
from service.subscribers.importing.models import Import
from service.subscribers.importing.running import run_import
from service.subscribers.importing.undo import undo_import
from service.subscribers.models import Subscriber, Subscription
from tests.fixtures.services import PublishedJobs
from tests.web.desk.browsing import Desk, token_of

STATEMENT = "They ticked “Crossings” at the harbour office."


def post_whole(client: FlaskClient, **fields: Any) -> TestResponse:
    """Send the form, its body made at once: the test client leaves the file open in which it writes a large one."""
    boundary, body = encode_multipart({"newsletter": "crossings", "statement": STATEMENT, **fields})
    content_type = f'multipart/form-data; boundary="{boundary}"'
    return client.post("/desk/readers/imports/new", data=body, content_type=content_type)


@dataclass
class Door:
    """Sends files by the form, and does the jobs that left."""

    desk: Desk
    factory: SessionFactory
    published: PublishedJobs

    def send(self, content: str | bytes, filename: str = "list.csv", **fields: Any) -> TestResponse:
        """Send a file by the form."""
        file = FileStorage(BytesIO(content if isinstance(content, bytes) else content.encode()), filename)
        return post_whole(self.desk.client, csrf_token=self.token(), file=file, **fields)

    def bring(self, content: str | bytes, filename: str = "list.csv", **fields: Any) -> str:
        """Send a file that is taken, and return the path that it leads to."""
        response = self.send(content, filename, **fields)
        assert response.status_code == 302, response.text
        return urlsplit(response.location).path

    def work(self) -> None:
        """Do every job that left, once."""
        for job, ids in self.published.jobs:
            if job is Job.RUN_IMPORT:
                run_import(self.factory, *ids)
            elif job is Job.UNDO_IMPORT:
                undo_import(self.factory, *ids)
        self.published.jobs.clear()

    def token(self) -> str:
        """Return the token of this browser's forms."""
        return token_of(self.desk.client)

    def look(self, path: str) -> Import:
        """Return the import of a page."""
        with self.factory() as session:
            return session.get_one(Import, int(path.rpartition("/")[2]))

    def imports(self) -> list[Import]:
        """Return every import."""
        with self.factory() as session:
            return list(session.scalars(select(Import)))

    def people(self) -> dict[str, str]:
        """Return the state of everybody who came by a file, by their keys."""
        with self.factory() as session:
            ties = select(Subscriber.address_key, Subscription.state).join(Subscription.subscriber)
            found = session.execute(ties.where(Subscription.import_id.is_not(None)))
            return {key: state.value for key, state in found}
