"""The organisation that publishes and receives gifts: its legal facts and its rules for gifts."""
