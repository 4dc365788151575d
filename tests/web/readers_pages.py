"""Readers' pages as a browser gets them: which they are, and each in the language that is asked for."""

from flask.testing import FlaskClient

from tests.web.routes import Address

# The desk and the inbox of this machine are English; givers' pages have words of their own in three languages; a view
# and a draft are an issue in its own language, as it was mailed.
OTHERS = frozenset({"desk", "inbox", "give", "giving", "view", "draft"})


def list_readers_paths(addresses: list[Address]) -> list[str]:
    """Return the path of everything that a reader can look at; not all of it is a page."""
    return [each.path for each in addresses if "GET" in each.methods and each.endpoint.partition(".")[0] not in OTHERS]


def look(client: FlaskClient, path: str, language: str = "") -> str:
    """Return a page as a browser that reads ``language`` gets it; empty: whatever is no page."""
    headers = {"Accept-Language": language} if language else {}
    answer = client.get(path, headers=headers, buffered=True)
    page = answer.text if answer.mimetype == "text/html" and answer.status_code < 300 else ""
    answer.close()
    return page
