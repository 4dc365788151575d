"""Copies that staff ask for: for those still missing, and for people by name. Owns that the old evidence is kept.

Nothing here is done by the service itself: an uncertain copy is never sent again unless a person says so.
"""

