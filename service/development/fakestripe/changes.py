"""Which changes of a subscription the API takes. Looks at all of them before any is made, and makes none itself."""

from service.development.fakestripe.account import Account
from service.development.fakestripe.clock import DAY
from service.development.fakestripe.problems import StripeProblem, not_played
from service.development.fakestripe.products import check_price
from service.development.fakestripe.route import Params
from service.development.fakestripe.shapes import JsonObject
from service.development.fakestripe.subscriptions import ENDED, get_item

_LONGEST_TRIAL = 2 * 366 * DAY


def check_open(subscription: JsonObject) -> None:
    """Do nothing if the subscription has not ended.

    Raises:
        StripeProblem: it has; Stripe then does not know it any more.
    """
    if subscription["status"] in ENDED:
        raise StripeProblem(
            f"No such subscription: '{subscription['id']}'", status=404, code="resource_missing", param="id"
        )


def check_changes(account: Account, subscription: JsonObject, params: Params) -> None:
    """Do nothing if all of these changes can be made.

    Raises:
        StripeProblem: one cannot.
    """
    check_open(subscription)
    if params.get("proration_behavior", "create_prorations") != "none" and {"items", "trial_end"} & set(params):
        raise not_played("prorations; send proration_behavior=none", "proration_behavior")
    if params.get("items"):
        _check_items(account, subscription, params["items"])
    if isinstance(params.get("trial_end"), int):
        _check_trial(account, params["trial_end"])
    if params.get("default_payment_method"):
        account.get("payment_method", params["default_payment_method"], "default_payment_method")
    resumes_at = (params.get("pause_collection") or {}).get("resumes_at")
    if resumes_at is not None and resumes_at <= account.now():
        raise StripeProblem("Invalid timestamp: must be in the future.", param="pause_collection[resumes_at]")


def _check_items(account: Account, subscription: JsonObject, items: list[Params]) -> None:
    sent, *others = items
    if others or sent.get("deleted") or sent.get("quantity", 1) != 1:
        raise not_played("subscriptions with other than one item", "items")
    if "id" not in sent:
        raise not_played("a second item; name the present one", "items[0][id]")
    if sent["id"] != get_item(subscription)["id"]:
        raise StripeProblem(f"No such subscription item: '{sent['id']}'", code="resource_missing", param="items[0][id]")
    if "price_data" in sent:
        check_price(account, sent["price_data"], "items[0][price_data]")
    elif "price" in sent:
        account.get("price", sent["price"], "items[0][price]")
    else:
        param = "items[0][price]"
        raise StripeProblem(f"Missing required param: {param}.", code="parameter_missing", param=param)


def _check_trial(account: Account, moment: int) -> None:
    if moment <= account.now():
        raise StripeProblem("Invalid timestamp: must be an integer Unix timestamp in the future.", param="trial_end")
    if moment > account.now() + _LONGEST_TRIAL:
        raise StripeProblem("Invalid timestamp: can be no more than two years in the future.", param="trial_end")
