"""What makes Postrider run on a bare machine: servers, a supervisor, a mail catcher, sample data.

Owns nothing that production uses, and refuses to start there.
"""
