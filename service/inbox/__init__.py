"""Events from outside, each stored once, handed over, and marked when handled."""
