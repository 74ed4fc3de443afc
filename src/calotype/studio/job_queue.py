"""The order in which waiting jobs are started: clients take turns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from calotype.studio.job_store import Job


class Turns:
    """Chooses the next job: of the client with the fewest running jobs, and of those of the one that waits longest.

    A client waits since its last job was started. The jobs of one client are started in the order in which they wait.
    """

    def __init__(self) -> None:
        self._started: dict[str, int] = {}  # number of the last start of each client that waits
        self._starts = 0

    def take(self, queue: list[Job], running: Iterable[Job]) -> Job:
        """Remove the next job from a queue that is not empty, and return it."""
        busy = Counter(job.client for job in running)
        waiting = {job.client for job in queue}
        self._started = {client: number for client, number in self._started.items() if client in waiting}
        place = min(range(len(queue)), key=lambda i: (busy[queue[i].client], self._started.get(queue[i].client, 0), i))
        job = queue.pop(place)
        self._starts += 1
        self._started[job.client] = self._starts
        return job
