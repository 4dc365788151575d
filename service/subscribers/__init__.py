"""Readers and their consent: who asked for which newsletter, with proof, and how they leave."""
