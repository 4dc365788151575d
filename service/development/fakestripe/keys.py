"""Who may ask: secret and restricted test keys, never live ones. Keeps no key: any test key opens the one account."""

import base64

from werkzeug.datastructures import Headers

from service.development.fakestripe.problems import StripeProblem, unauthorised

_TEST = ("sk_test_", "rk_test_")
_LIVE = ("sk_live_", "rk_live_", "pk_live_")


def check_key(headers: Headers) -> None:
    """Do nothing if the request carries a test key.

    Raises:
        StripeProblem: it carries none, a live one or something else; 401, and the key is never repeated whole.
    """
    key = _find_key(headers.get("Authorization", ""))
    if not key:
        raise unauthorised(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using "
            "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        )
    if key.startswith(_LIVE):
        raise unauthorised(
            "This is a test Stripe on your own machine, and this is a live key. It was not used. Take the live key out "
            "of this environment; here any key that starts with sk_test_ works."
        )
    if not key.startswith(_TEST) or len(key) == len(_TEST[0]):
        raise unauthorised(f"Invalid API Key provided: {key[:8]}***")


def check_version(headers: Headers, pinned: str) -> None:
    """Do nothing if the request asks for the version that this test Stripe speaks.

    Raises:
        StripeProblem: it asks for another, whose shapes would differ.
    """
    asked = headers.get("Stripe-Version", pinned)
    if asked != pinned:
        raise StripeProblem(f"This test Stripe speaks the API version {pinned} only, not {asked[:40]}.")


def _find_key(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0]
        except ValueError:
            return ""
    return ""
