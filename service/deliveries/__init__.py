"""One issue to one subscriber: planned once, claimed under a lease, intended, sent, recorded, swept."""
