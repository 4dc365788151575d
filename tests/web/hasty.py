"""The server's worker with little patience and little room, so that a test sees both come to an end."""

from service.web import server

server.ARRIVES_WITHIN = 1.0  # type: ignore[misc]  # the one place where it differs: in a process of a test's own
server.ROOM = 8_000_000  # type: ignore[misc]  # the same
server.MOST_WAITING = 40  # type: ignore[misc]  # the same

HastyWorker = server.PatientWorker
