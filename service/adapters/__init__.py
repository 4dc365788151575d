"""The vendors, each behind a Protocol owned by the concept that needs it. Imported by wiring alone."""
