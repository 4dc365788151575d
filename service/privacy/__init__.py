"""Leaving no trace of a person who asks for it, and telling them all that is known. Owns where a person is."""
