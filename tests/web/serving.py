"""The application on a port of this machine, for a real browser. Owns the server's life; never a page's."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import make_server

_LOOKS_EVERY = 0.02  # seconds until the server notices that it is to stop; its own default is half a second


@contextmanager
def serve(app: Flask, port: int = 0) -> Iterator[str]:
    """Serve ``app`` on ``port``, or a free one, while the block runs; yields its origin."""
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(_LOOKS_EVERY,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
