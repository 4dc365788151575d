"""Every page that a reader can meet, in every state that it has: the table that the gallery walks.

A path and the fields of a form may name what ``stage.Stage`` holds, in braces. Owns which pages there are; never looks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Need(StrEnum):
    """What must be so while a page is shown, and at no other time."""

    NOTHING = "nothing"
    WORK = "work"  # sign-ups are attacked, so forms bring a proof of work
    CROWD = "crowd"  # very many signed up from the browser's network
    LEAVING = "leaving"  # a mail to the reader is at the relay


@dataclass(frozen=True)
class Sight:
    """One page in one state: the route that shows it, and what a browser does to see it.

    ``sent``: the fields of a form that is posted; None where the page is only asked for. ``is_mail``: shown as a mail
    brought it, without our frame.
    """

    name: str
    endpoint: str
    path: str
    sent: Mapping[str, str] | None = None
    status: int = 200
    need: Need = Need.NOTHING
    is_mail: bool = False


_WRONG: Final = {"address": "jane at example", "mark": "{mark}"}
_RIGHT: Final = {"address": "{new_address}", "mark": "{mark}"}
_ODD: Final = _RIGHT | {"answer-profession": "none of these"}
_SEVERAL: Final = _RIGHT | {"newsletter": "{slug}"}

SIGHTS: Final = (
    Sight("front", "home.show_front", "/"),
    Sight("newsletter", "home.show_newsletter", "/{slug}/"),
    Sight("newsletter-new", "home.show_newsletter", "/{second_slug}/"),
    Sight("sign-up", "signup.show_form", "/{slug}/subscribe"),
    Sight("sign-up-attack", "signup.show_form", "/{slug}/subscribe", need=Need.WORK),
    Sight("sign-up-wrong", "signup.subscribe", "/{slug}/subscribe", _WRONG, status=422),
    Sight("sign-up-odd", "signup.subscribe", "/{slug}/subscribe", _ODD, status=422),
    Sight("sign-up-again", "signup.subscribe", "/{slug}/subscribe", {"address": "{new_address}"}),
    Sight("sign-up-unproven", "signup.subscribe", "/{slug}/subscribe", _RIGHT, 422, Need.WORK),
    Sight("sign-up-closed", "signup.subscribe", "/{slug}/subscribe", _RIGHT, 429, Need.CROWD),
    Sight("sign-up-sent", "signup.subscribe", "/{slug}/subscribe", _RIGHT),
    Sight("sign-up-several", "signup.show_joint_form", "/subscribe"),
    Sight("sign-up-several-none", "signup.subscribe_to_several", "/subscribe", _RIGHT, status=422),
    Sight("sign-up-several-sent", "signup.subscribe_to_several", "/subscribe", _SEVERAL),
    Sight("embed", "embed.show_snippet", "/{slug}/subscribe/embed"),
    Sight("confirm", "confirm.show_button", "/confirm/{pending}"),
    Sight("confirm-several", "confirm.show_button", "/confirm/{pending_both}"),
    Sight("confirm-expired", "confirm.show_button", "/confirm/{expired}"),
    Sight("confirm-left", "confirm.show_button", "/confirm/{gone}"),
    Sight("confirmed", "confirm.confirm", "/confirm/{pending}", {}),
    Sight("confirmed-several", "confirm.confirm", "/confirm/{pending_both}", {}),
    Sight("leave", "unsubscribe.show_button", "/unsubscribe/{leave}"),
    Sight("leave-resting", "unsubscribe.show_button", "/unsubscribe/{leave_resting}"),
    Sight("left", "unsubscribe.leave", "/unsubscribe/{leave_other}", {"from": "page"}),
    Sight("left-why", "unsubscribe.tell_why", "/unsubscribe/{leave_other}/why", {"reason": "too-many", "note": "…"}),
    Sight("choices", "preferences.show_preferences", "/preferences/{choices}"),
    Sight("choices-none", "preferences.show_preferences", "/preferences/{choices_none}"),
    Sight("choices-paused", "preferences.rest", "/preferences/{choices}/{slug}/pause", {"days": "91"}),
    Sight("choices-resumed", "preferences.end_rest", "/preferences/{choices}/{slug}/resume", {}),
    Sight(
        "choices-fewer", "preferences.slow_down", "/preferences/{choices}/{slug}/frequency", {"frequency": "monthly"}
    ),
    Sight(
        "choices-language", "preferences.choose_language", "/preferences/{choices}/language", {"language": "{language}"}
    ),
    Sight("choices-bad", "preferences.rest", "/preferences/{choices}/{slug}/pause", {"days": "9"}, status=422),
    Sight("own-ask", "self_service.show_field", "/yours"),
    Sight("own-ask-wrong", "self_service.post_link", "/yours", {"address": "jane at example"}, status=422),
    Sight("own-sent", "self_service.post_link", "/yours", {"address": "{new_address}"}),
    Sight("own-stale", "self_service.show_page", "/yours/{own_stale}", status=410),
    Sight("own-renewed", "self_service.renew_link", "/yours/{own_stale}/again", {}),
    Sight("own", "self_service.show_page", "/yours/{own}"),
    Sight("own-named", "self_service.save_name", "/yours/{own}/name", {"name": "{reader_name}"}),
    Sight("own-joined", "self_service.get_one_more", "/yours/{own}/{third_slug}/join", {}),
    Sight(
        "own-address-wrong", "self_service.ask_for_address", "/yours/{own}/address", {"address": "jane at"}, status=422
    ),
    Sight("own-address-asked", "self_service.ask_for_address", "/yours/{own}/address", {"address": "{new_address}"}),
    Sight("own-answered", "self_service.save_answers", "/yours/{own}/answers", {"answer-city": "Долгий Причал"}),
    Sight("own-odd", "self_service.save_answers", "/yours/{own}/answers", {"answer-profession": "none"}, status=422),
    Sight("erase", "own_data.show_erasure", "/yours/{own}/erase"),
    Sight("erase-busy", "own_data.erase", "/yours/{own}/erase", {}, 503, Need.LEAVING),
    Sight("erased", "own_data.erase", "/yours/{own_other}/erase", {}),
    Sight("address-old", "address.show_button", "/address/old/{address_old}"),
    Sight("address-old-agreed", "address.say_yes", "/address/old/{address_old}", {}),
    Sight("address-new", "address.show_button", "/address/new/{address_new}"),
    Sight("address-changed", "address.say_yes", "/address/new/{address_new}", {}),
    Sight("archive", "archive.list_archive", "/{slug}/archive/"),
    Sight("archive-empty", "archive.list_archive", "/{second_slug}/archive/"),
    Sight("issue", "archive.show_issue", "/{slug}/archive/1-2"),
    Sight("problem-link", "confirm.show_button", "/confirm/half-a-link", status=404),
    Sight("problem-404", "", "/no/such/page", status=404),
    Sight("problem-405", "", "/{slug}/archive/", {}, status=405),
    Sight("problem-413", "problems.too_large", "/problems/too_large", status=413),
    Sight("problem-429", "problems.too_many", "/problems/too_many", status=429),
    Sight("problem-500", "problems.unexpected", "/problems/unexpected", status=500),
    Sight("problem-503", "problems.unavailable", "/problems/unavailable", status=503),
    # The last: no form is posted from a mail's page, whose policy forbids it.
    Sight("view", "view.show_copy", "/view/{view}", is_mail=True),
    Sight("draft", "draft.show_draft", "/preview/{draft}", is_mail=True),
)

# Routes by which no reader of a newsletter comes to a page of ours, with the reason; a whole blueprint by its name.
NO_SIGHTS: Final = {
    "desk": "staff's, with tests of its own",
    "inbox": "of the development machine",
    "give": "givers', with tests of its own",
    "giving": "givers', with tests of its own",
    "tracking": "a pixel, and links that lead away",
    "webhooks": "for programs",
    "health": "for programs",
    "assets": "styles",
    "static": "styles and scripts",
    "signup_json": "for programs",
    "feed.show_feed": "for programs",
    "own_data.download_data": "a file",
}
