"""The publication: newsletters, their issues, the items in them, and the sealed edition that leaves the house."""
