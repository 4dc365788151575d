"""Bringing in people who agreed elsewhere. Never brings back one who left, and can be undone."""
