"""Receipts and statements: what a donor shows the tax office. Numbered, and never changed once issued."""
