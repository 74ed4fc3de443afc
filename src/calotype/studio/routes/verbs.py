"""Every verb as a request, made from its signature."""

# Annotations are values here, not strings: the interface is made from them.
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query

from calotype.studio.app_state import Studio
from calotype.studio.forms import VERBS, body, checked, form
from calotype.studio.routes.answers import router
from calotype.studio.words import plain
from calotype.tasks.param import description


def verbs(studio: Studio) -> APIRouter:
    """The requests about verbs."""
    api = router("verbs")

    @api.get("/verbs")
    def listed() -> list[dict[str, Any]]:
        """Every verb with its form: its arguments, what they mean, and what they are if nobody says."""
        return [form(verb) for verb in VERBS]

    @api.get("/engines")
    def engines() -> dict[str, Any]:
        """Every engine: its presets, what can be set, and which verbs it can."""
        return studio.engines()

    for verb in VERBS:
        _asked_for(api, studio, verb)
    return api


def _asked_for(api: APIRouter, studio: Studio, verb: str) -> None:
    asked = body(verb)
    text = plain(description(VERBS[verb]))

    def ask(
        given: Any,
        aside: Annotated[bool, Query(description="asked for by a program, not to be shown in a list")] = False,
    ) -> Any:
        return asdict(studio.jobs.submit(verb, given.model_dump(exclude_unset=True), aside=aside))

    def estimate(given: Any) -> Any:
        arguments = studio.jobs.spec(verb, checked(verb, given.model_dump(exclude_unset=True)))
        return studio.queries.ask("estimate", verb=verb, arguments=arguments)

    for function in (ask, estimate):
        function.__annotations__ = {**function.__annotations__, "given": Annotated[asked, Body()]}
    name = verb.capitalize()
    api.post(f"/verbs/{verb}/jobs", status_code=201, summary=name, description=text, operation_id=verb)(ask)
    api.post(
        f"/verbs/{verb}/estimate",
        summary=f"{name}: what it would take",
        description="Seconds, memory and size of what would be made, and what would have to be learned first.",
        operation_id=f"{verb}_estimate",
    )(estimate)
