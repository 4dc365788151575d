"""The product of a fund: one for each slug, whatever its script, with the fund's present name."""

import pytest

from service.adapters.stripe.gateway import StripeGateway
from service.adapters.stripe.products import name_product
from service.development.fakestripe.fake import FakeStripe


def test_a_fund_has_one_product_with_its_present_name(fake_stripe: FakeStripe, gateway: StripeGateway) -> None:
    first = gateway.ensure_product("archive", "The archive", "product:archive")
    assert gateway.ensure_product("archive", "The archive", "product:archive") == first
    for name in ("The archive and the library", "Архив", "The archive"):
        assert gateway.ensure_product("archive", name, "product:archive") == first
        with fake_stripe.account.lock:
            fake_stripe.account.replays.clear()  # a day later
        assert gateway.ensure_product("archive", name, "product:archive") == first
        assert [one["name"] for one in fake_stripe.list_objects("product")] == [name]


@pytest.mark.parametrize("slug", ["archive", "a-1", "архив", "档案", "x" * 200, "A b/c", ""])
def test_a_product_s_name_is_one_that_stripe_takes_and_each_slug_has_its_own(slug: str) -> None:
    product_id = name_product(slug)
    assert product_id.isascii()
    assert len(product_id) < 100
    assert "/" not in product_id
    assert " " not in product_id
    assert name_product(slug) == product_id
    assert name_product(slug + "x") != product_id
