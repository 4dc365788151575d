"""In whose days and money the finance pages speak. Owns what they need of it, also while there is no organisation."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from service.clock import now
from service.organisation.queries import find_organisation
from service.web.desk.access import blueprint
from service.web.services import get_services

_DASHBOARD = "https://dashboard.stripe.com"

# The pages of the finance desk, in the order of their menu.
PAGES = {
    "desk.show_gifts": "Gifts",
    "desk.show_recurring": "Recurring",
    "desk.show_refunds": "Refunds",
    "desk.show_disputes": "Disputes",
    "desk.show_donors": "Donors",
    "desk.show_totals": "Totals",
    "desk.show_statements": "Statements",
    "desk.show_reconciliation": "Reconciliation",
    "desk.show_export": "Export",
    "desk.show_funds": "Funds",
    "desk.show_organisation": "Organization",
}
# A page that is reached from another stands under it in the menu.
PARENTS = {
    "desk.show_gift": "desk.show_gifts",
    "desk.show_offline_form": "desk.show_gifts",
    "desk.show_voiding": "desk.show_gifts",
    "desk.show_arrangement": "desk.show_recurring",
    "desk.show_donor": "desk.show_donors",
    "desk.show_fund": "desk.show_funds",
}


@dataclass(frozen=True)
class Books:
    """The organisation's zone and currency; ``is_open`` is false before staff have said who the organisation is."""

    zone: ZoneInfo
    currency: str
    is_open: bool

    @property
    def today(self) -> date:
        """The day in the organisation's zone."""
        return now().astimezone(self.zone).date()


def open_books(work: Session) -> Books:
    """Return zone and currency, or those of most organisations while there is none."""
    organisation = find_organisation(work)
    if organisation is None:
        return Books(ZoneInfo("America/New_York"), "usd", is_open=False)
    return Books(organisation.zone, organisation.currency, is_open=True)


@blueprint.app_context_processor
def offer_pages() -> dict[str, object]:
    """Give the finance pages their menu."""
    return {"finance_pages": PAGES, "finance_parents": PARENTS}


def dashboard_url(path: str) -> str:
    """Return a page of the processor's own dashboard, for what only it can do; '' where the processor is not Stripe."""
    settings = get_services().settings
    if settings.stripe_url or not settings.stripe_key:
        return ""
    return f"{_DASHBOARD}/{path}" if "_live_" in settings.stripe_key else f"{_DASHBOARD}/test/{path}"
