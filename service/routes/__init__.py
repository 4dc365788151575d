"""How mail leaves: named relays, their limits, their health, and how fast each recipient domain will take it."""
