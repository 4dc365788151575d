"""Pages of lists, and expanding what an answer names by its id."""

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st
from stripe.params import PriceCreateParamsRecurring

from service.development.fakestripe.fake import FakeStripe
from service.development.fakestripe.paging import cut_page
from tests.development.fakestripe.shop import Shop


def test_a_list_comes_ten_to_a_page_the_newest_first(client: stripe.StripeClient) -> None:
    made = [client.v1.customers.create({"name": f"No. {number}"}).id for number in range(12)]
    first = client.v1.customers.list()
    second = client.v1.customers.list({"starting_after": first.data[-1].id})
    before = client.v1.customers.list({"ending_before": second.data[0].id, "limit": 3})

    assert ([one.id for one in first.data], first.has_more) == (made[:1:-1], True)
    assert ([one.id for one in second.data], second.has_more) == ([made[1], made[0]], False)
    assert ([one.id for one in before.data], before.has_more) == ([made[4], made[3], made[2]], True)
    assert [one.id for one in client.v1.customers.list({"limit": 5}).auto_paging_iter()] == made[::-1]


@pytest.mark.parametrize("limit", [0, 101, -1])
def test_a_page_has_its_bounds(client: stripe.StripeClient, limit: int) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="between 1 and 100"):
        client.v1.customers.list({"limit": limit})


def test_a_page_cannot_start_at_what_is_not_listed(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such object: 'cus_nobody'"):
        client.v1.customers.list({"starting_after": "cus_nobody"})


@given(st.integers(0, 40), st.integers(1, 15))
def test_pages_forwards_and_backwards_hold_everything_once(count: int, limit: int) -> None:
    everything = [{"id": str(number)} for number in range(count)]
    seen: list[str] = []
    more = bool(everything)
    while more:
        params = {"limit": limit, **({"starting_after": seen[-1]} if seen else {})}
        page = cut_page(everything, params, "/v1/things")
        seen += [one["id"] for one in page["data"]]
        more = page["has_more"]
    assert seen == [one["id"] for one in everything]

    back: list[str] = [str(count - 1)] if count else []
    more = bool(everything)
    while more:
        page = cut_page(everything, {"limit": limit, "ending_before": back[0]}, "/v1/things")
        back = [one["id"] for one in page["data"]] + back
        more = page["has_more"]
    assert back == seen


def test_what_is_named_by_id_is_expanded_at_any_depth(shop: Shop) -> None:
    payment = shop.give(5000, customer_creation="always")
    deep = shop.client.v1.payment_intents.retrieve(
        payment.id, {"expand": ["latest_charge.balance_transaction.source", "customer", "payment_method"]}
    ).to_dict()

    assert deep["customer"]["email"] == "ada@example.org"
    assert deep["payment_method"]["card"]["last4"] == "4242"
    assert deep["latest_charge"]["balance_transaction"]["source"]["id"] == deep["latest_charge"]["id"]
    plain = shop.client.v1.payment_intents.retrieve(payment.id).to_dict()
    assert isinstance(plain["latest_charge"], str)


def test_lists_are_expanded_member_by_member(shop: Shop) -> None:
    shop.give(5000)
    [txn] = shop.client.v1.balance_transactions.list({"expand": ["data.source.payment_intent"]}).to_dict()["data"]
    subscription = shop.subscribe()
    [link] = shop.client.v1.invoice_payments.list(
        {"invoice": str(subscription.latest_invoice), "expand": ["data.payment.payment_intent", "data.invoice"]}
    ).to_dict()["data"]

    assert txn["source"]["payment_intent"]["amount"] == 5000
    assert link["payment"]["payment_intent"]["status"] == "succeeded"
    assert link["invoice"]["status"] == "paid"


def test_what_is_left_out_is_shown_on_request(shop: Shop) -> None:
    subscription = shop.subscribe(2500)
    sessions, invoices = shop.client.v1.checkout.sessions, shop.client.v1.invoices
    [plain] = sessions.list().data
    session = sessions.retrieve(plain.id, {"expand": ["line_items", "subscription.latest_invoice.payments"]}).to_dict()
    invoice = invoices.retrieve(str(subscription.latest_invoice), {"expand": ["payments"]}).to_dict()
    customer = shop.client.v1.customers.retrieve(str(subscription.customer), {"expand": ["subscriptions"]}).to_dict()

    assert "line_items" not in plain.to_dict()
    assert session["line_items"]["data"][0]["amount_total"] == 2500
    assert session["subscription"]["latest_invoice"]["payments"] == invoice["payments"]
    assert invoice["payments"]["data"][0]["amount_paid"] == 2500
    assert [one["id"] for one in customer["subscriptions"]["data"]] == [subscription.id]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("amount", "cannot be expanded"),
        ("nonsense", "cannot be expanded"),
        ("latest_charge.amount", "cannot be expanded"),
        ("a.b.c.d.e", "more than 4 levels"),
    ],
)
def test_only_what_is_expandable_expands(shop: Shop, path: str, message: str) -> None:
    payment = shop.give()

    with pytest.raises(stripe.InvalidRequestError, match=message):
        shop.client.v1.payment_intents.retrieve(payment.id, {"expand": [path]})


def test_expanding_what_is_not_there_yet_is_nothing(fake: FakeStripe, shop: Shop) -> None:
    fake.hold_balance_transactions()

    charge = shop.give().latest_charge
    assert isinstance(charge, stripe.Charge)
    assert charge.balance_transaction is None


def test_customers_keep_what_they_are_told(shop: Shop) -> None:
    customers = shop.client.v1.customers
    made = customers.create({"email": "ada@example.org", "name": "Ada", "metadata": {"a": "1", "b": "2"}})
    changed = customers.update(made.id, {"name": "Ада", "email": "", "metadata": {"a": "", "c": "3"}})
    emptied = customers.update(made.id, {"metadata": ""})

    assert (changed.name, changed.email) == ("Ада", None)
    assert changed.to_dict()["metadata"] == {"b": "2", "c": "3"}
    assert emptied.to_dict()["metadata"] == {}
    assert [one.id for one in customers.list({"email": "ada@example.org"}).data] == []


def test_products_are_made_once_by_their_own_id(shop: Shop) -> None:
    products, prices = shop.client.v1.products, shop.client.v1.prices
    made = products.create({"id": "fund_general", "name": "General fund"})
    yearly: PriceCreateParamsRecurring = {"interval": "year"}
    price = prices.create({"product": made.id, "currency": "USD", "unit_amount": 700, "recurring": yearly})

    with pytest.raises(stripe.InvalidRequestError) as refused:
        products.create({"id": "fund_general", "name": "Again"})
    assert refused.value.code == "resource_already_exists"
    assert products.update(made.id, {"name": "Renamed", "active": False}).name == "Renamed"
    assert products.list({"active": True}).data == []
    assert (price.currency, price.type, prices.list({"product": made.id}).data[0].id) == ("usd", "recurring", price.id)


def test_the_balance_is_what_is_available_and_what_is_not_yet(fake: FakeStripe, shop: Shop) -> None:
    shop.give(5000)
    fake.advance(days=2)
    shop.give(10_000)

    balance = shop.client.v1.balance.retrieve()
    assert [part.amount for part in balance.available] == [4825]
    assert [part.amount for part in balance.pending] == [9680]
