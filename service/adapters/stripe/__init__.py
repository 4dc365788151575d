"""Stripe, behind ``service.donations.gateway``. Owns its words, traps and errors; decides nothing about gifts."""
