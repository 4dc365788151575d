"""The houses whose exports are known by their header, and what the columns mean there. A table; reads nothing.

Each has the public place its columns were read in. Columns of addresses on the internet, of places and of reading
habits are left behind: nobody agreed to their moving house.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from service.lists.entries import EntryStatus
from service.lists.layouts import Layout

_SUBSCRIBED, _LEFT, _BOUNCED = EntryStatus.SUBSCRIBED, EntryStatus.LEFT, EntryStatus.BOUNCED
_COMPLAINED, _UNCONFIRMED = EntryStatus.COMPLAINED, EntryStatus.UNCONFIRMED


@dataclass(frozen=True, slots=True)
class Supplier:
    """A house and what its header is known by.

    ``signs``: columns that no other house has together. ``dropped``: where owners add columns of their own, which are
    kept as fields, those that are not theirs; None where only the layout's columns are kept.
    """

    layout: Layout
    signs: frozenset[str]
    dropped: frozenset[str] | None = None


def _signs(names: str) -> frozenset[str]:
    return frozenset(names.split(","))


# "active_subscription" means that they pay; "email_disabled" means that they want no mail.
# source: github.com/TryGhost/migrate packages/mg-substack-members-csv/test/fixtures (both of its files)
_SUBSTACK: Final = Layout(
    format="Substack",
    address="email",
    agreed_at=("created_at",),
    status="email_disabled",
    words={"false": _SUBSCRIBED, "true": _LEFT},
)

# What the dashboard exports with columns of one's choice.
# source: glama.ai/mcp/servers/navidmoazzez/substack-mcp-cli, its table of the 48 columns with the page's labels
_SUBSTACK_DASHBOARD: Final = Layout(
    format="Substack",
    address="email",
    names=("name",),
    agreed_at=("start date",),
    source=("subscription source (free)",),
    doubts={
        "cancel date": "Substack gives a cancel date: it may mean that they left, or only that they stopped paying. "
        "Ask them, or use the e-mail list of Substack's whole export, which says who wants no mail."
    },
)

# The state of a whole file is in its name, and in a column that only the files of those who went have.
# source: github.com/TryGhost/migrate packages/mg-mailchimp-members/src/test/fixtures (all three of its files)
_MAILCHIMP: Final = Layout(
    format="Mailchimp",
    address="email address",
    names=("first name", "last name"),
    tags="tags",
    agreed_at=("confirm_time", "optin_time"),
    ended_at=("unsub_time", "clean_time"),
)
_MAILCHIMP_DROPPED: Final = _signs(
    "member_rating,optin_ip,confirm_ip,latitude,longitude,gmtoff,dstoff,timezone,cc,region,last_changed,leid,euid,"
    "unsub_campaign_title,unsub_campaign_id,unsub_reason,unsub_reason_other,clean_campaign_title,clean_campaign_id"
)

# source: github.com/TryGhost/Ghost test/e2e-api/admin/members.test.js, the header it expects of /members/upload
_GHOST: Final = Layout(
    format="Ghost",
    address="email",
    names=("name",),
    tags="labels",
    agreed_at=("created_at",),
    ended_at=("deleted_at",),
    marks={"deleted_at": _LEFT},
    status="subscribed_to_emails",
    words={"true": _SUBSCRIBED, "false": _LEFT},
    fields={"note": "note"},
)

# source: docs.buttondown.com/api-subscribers-introduction and …/api-subscribers-type; github.com/buttondown/openapi
_BUTTONDOWN_TYPES: Final[Mapping[str, EntryStatus]] = {
    **dict.fromkeys(
        ("regular", "premium", "trialed", "unpaid", "gifted", "churning", "churned", "paused", "past_due"), _SUBSCRIBED
    ),
    "unactivated": _UNCONFIRMED,
    "blocked": _UNCONFIRMED,
    "unsubscribed": _LEFT,
    "removed": _LEFT,
    "undeliverable": _BOUNCED,
    "spammy": _BOUNCED,
    "malformed": _BOUNCED,
    "disabled": _BOUNCED,
    "complained": _COMPLAINED,
}
_BUTTONDOWN: Final = Layout(
    format="Buttondown",
    address="email",
    tags="tags",
    agreed_at=("subscription_date", "creation_date"),
    ended_at=("unsubscription_date",),
    source=("source",),
    marks={"unsubscription_date": _LEFT},
    status="subscriber_type",
    words=_BUTTONDOWN_TYPES,
    fields={"notes": "notes"},
)
_BUTTONDOWN_NEWER: Final = replace(_BUTTONDOWN, address="email_address", status="type")

# source: github.com/TryGhost/migrate packages/mg-beehiiv-members/src/test/fixtures/members.csv; for the statuses,
# github.com/api-evangelist/beehiiv json-schema/beehiiv-subscription-schema.json
_BEEHIIV: Final = Layout(
    format="beehiiv",
    address="email",
    names=("first name", "last name"),
    agreed_at=("subscription date (substack)", "created_at"),
    ended_at=("unsubscribed_at",),
    marks={"unsubscribed_at": _LEFT},
    status="status",
    words={
        "active": _SUBSCRIBED,
        "inactive": _LEFT,
        "pending": _UNCONFIRMED,
        "validating": _UNCONFIRMED,
        "needs_attention": _UNCONFIRMED,
        "invalid": _BOUNCED,
    },
)
_BEEHIIV_DROPPED: Final = _signs("tier,stripe_customer_id,free tier,premium tier")

# Kit documents the columns of its API, not those of its file.
# source: developers.kit.com/api-reference/subscribers/list-subscribers; the states, help.convertkit.com/article/12
_KIT: Final = Layout(
    format="Kit",
    address="email_address",
    names=("first_name", "last_name"),
    tags="tags",
    agreed_at=("created_at",),
    ended_at=("canceled_at",),
    status="state",
    words={
        "active": _SUBSCRIBED,
        "confirmed": _SUBSCRIBED,
        "cold": _SUBSCRIBED,
        "cancelled": _LEFT,
        "bounced": _BOUNCED,
        "complained": _COMPLAINED,
        "inactive": _UNCONFIRMED,
        "unconfirmed": _UNCONFIRMED,
    },
)

# source: github.com/knadh/listmonk cmd/subscribers.go at 007f4de, handleExportSubscribers
_LISTMONK: Final = Layout(
    format="listmonk",
    address="email",
    names=("name",),
    agreed_at=("created_at",),
    status="status",
    words={"enabled": _SUBSCRIBED, "disabled": _LEFT, "blocklisted": _BOUNCED},
    attributes="attributes",
    caution="listmonk's export does not tell who left a list, only whom it blocks (knadh/listmonk#738): "
    "export the list itself, with its subscription status, and leave out those who unsubscribed.",
)

# Asked in this order: a header that fits two is the first one's.
SUPPLIERS: Final = (
    Supplier(_SUBSTACK, _signs("email,active_subscription,expiry")),
    Supplier(_SUBSTACK, _signs("email,expiry,email_disabled,stripe_connected_customer_id,type")),
    Supplier(_SUBSTACK_DASHBOARD, _signs("email,type,start date,activity")),
    Supplier(_SUBSTACK_DASHBOARD, _signs("email,type,stripe plan,start date")),
    Supplier(_MAILCHIMP, _signs("email address,euid,leid"), _MAILCHIMP_DROPPED),
    Supplier(_GHOST, _signs("email,subscribed_to_emails,complimentary_plan,stripe_customer_id")),
    Supplier(_BUTTONDOWN, _signs("email,subscriber_type,creation_date")),
    Supplier(_BUTTONDOWN_NEWER, _signs("email_address,type,creation_date")),
    Supplier(_BEEHIIV, _signs("email,status,tier,created_at"), _BEEHIIV_DROPPED),
    Supplier(_KIT, _signs("email_address,first_name,state,created_at")),
    Supplier(_LISTMONK, _signs("uuid,email,name,attributes,status")),
)
