"""Gifts: asking for one, recording what became of the money, and what donors and staff may do with it.

``checkout`` opens, ``settlement`` records, ``ledger`` only grows, ``reconcile`` compares all of it with the processor.
"""
