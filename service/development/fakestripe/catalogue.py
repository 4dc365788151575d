"""Every entrance of the API that this test Stripe has. What is not listed here answers 404 and says so."""

from service.development.fakestripe import (
    amending,
    balance,
    charges,
    checkout,
    customers,
    disputes,
    history,
    intents,
    invoices,
    methods,
    payouts,
    portal,
    products,
    refunds,
)
from service.development.fakestripe.route import Route

ROUTES: tuple[Route, ...] = (
    *balance.ROUTES,
    *charges.ROUTES,
    *checkout.ROUTES,
    *customers.ROUTES,
    *disputes.ROUTES,
    *history.ROUTES,
    *intents.ROUTES,
    *invoices.ROUTES,
    *methods.ROUTES,
    *payouts.ROUTES,
    *portal.ROUTES,
    *products.ROUTES,
    *refunds.ROUTES,
    *amending.ROUTES,
)
