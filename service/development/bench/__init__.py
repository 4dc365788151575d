"""What ``postrider bench`` measures, each beside a reference or under a load, on servers of its own."""
