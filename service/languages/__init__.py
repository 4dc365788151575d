"""The six languages of readers. Knows no page and no mail."""
