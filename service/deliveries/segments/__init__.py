"""Choices of people asked of the database: compiled, counted, saved, and tied to an issue. The words are
``subscribers.segments``; whether somebody may be mailed is ``subscribers.eligibility``."""
