"""Lists of people from other houses: files become entries, each with what it says of one person. Stores nothing."""
