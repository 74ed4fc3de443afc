"""Counts and times of the studio for Prometheus: the queue, jobs and requests."""

from __future__ import annotations

import time
from collections import Counter as Counted
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from calotype.studio.job_store import ENDED, Job
from calotype.studio.security import App, Receive, Scope, Send

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_REQUEST_SECONDS = (0.005, 0.02, 0.05, 0.15, 0.5, 1.5, 5.0)
_JOB_SECONDS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10_000.0)
_STATES = ("waiting", "working", "stopping", *sorted(ENDED))


class Measures:
    """The measures of one studio, in a registry of their own.

    Args:
        jobs: gives all jobs.
    """

    def __init__(self, jobs: Callable[[], list[Job]]) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Queue(jobs))
        self._ended = Counter(
            "calotype_jobs_ended", "Jobs that ended, by verb and state", ["verb", "state"], registry=self._registry
        )
        self._seconds = Histogram(
            "calotype_job_seconds",
            "Seconds from the start of a job to its end, by verb",
            ["verb"],
            buckets=_JOB_SECONDS,
            registry=self._registry,
        )
        self._requests = Histogram(
            "calotype_request_seconds",
            "Seconds until a response began, by method, route and status",
            ["method", "route", "status"],
            buckets=_REQUEST_SECONDS,
            registry=self._registry,
        )
        self._told: set[tuple[str, float]] = set()

    def on_job(self, job: Job | str) -> None:
        """Count a job that has ended; other changes are ignored, and each end counts once."""
        if isinstance(job, str) or job.state not in ENDED or job.ended is None or (job.id, job.ended) in self._told:
            return
        self._told.add((job.id, job.ended))
        self._ended.labels(job.verb, job.state).inc()
        if job.began is not None:
            self._seconds.labels(job.verb).observe(max(0.0, job.ended - job.began))

    def on_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def text(self) -> bytes:
        """All measures in the text format of Prometheus."""
        written: bytes = generate_latest(self._registry)
        return written


class _Queue(Collector):
    """The jobs of each state, counted when they are asked for."""

    def __init__(self, jobs: Callable[[], list[Job]]) -> None:
        self._jobs = jobs

    def collect(self) -> Iterable[Metric]:
        """See ``Collector``."""
        counts = Counted(str(job.state) for job in self._jobs())
        family = GaugeMetricFamily("calotype_jobs", "Jobs that the studio knows, by state", labels=["state"])
        for state in _STATES:
            family.add_metric([state], counts[state])
        yield family


class Measuring:
    """ASGI middleware that measures requests.

    Args:
        app: the ASGI application, whose routes are named by their templates.
        measures: where requests are counted.
    """

    def __init__(self, app: App, measures: Measures) -> None:
        self._app, self._measures = app, measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def sending(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "other")
                self._measures.on_request(scope["method"], route, message["status"], time.perf_counter() - began)
            await send(message)

        await self._app(scope, receive, sending)
