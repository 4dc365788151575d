"""Choices of people in staff's own words: read into a tree here, asked of the database by ``deliveries.segments``."""
