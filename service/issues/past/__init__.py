"""Past issues: posts from the archive of another house, brought in sealed, shown like any issue, sent to nobody."""
