"""Messages and letters: headers, bytes, the words for what a relay said, and the outbox of single letters."""
