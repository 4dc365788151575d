"""An issue as plain data becomes mail (HTML and text), web HTML, and a template joined per reader.

Owns how the publication looks and how it is encoded. Never reads a database, a clock or a setting.
"""
