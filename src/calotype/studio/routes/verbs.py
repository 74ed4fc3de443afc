"""Requests for verbs, derived from their signatures."""

# Annotations are values here, not strings: the interface is made from them.
import functools
import json
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import Response

from calotype.catalog import able, declared
from calotype.studio.app_state import Studio
from calotype.studio.choosing import choices
from calotype.studio.forms import VERBS, body, checked, form, is_film
from calotype.studio.routes.answers import router
from calotype.studio.security import client_of
from calotype.studio.words import plain
from calotype.tasks.param import description
from calotype.tasks.verbs import VERBS as MAKING_VERBS

_UNPAINTED = Query(
    ge=0,
    le=1,
    description="estimate as if the pictures that are painted on the photo were there; the share that masks cover",
)


def verbs(studio: Studio) -> APIRouter:
    """The router of the requests for verbs."""
    api = router("verbs")

    @api.get("/verbs", response_model=list[dict[str, Any]])
    def listed() -> Any:
        """List the verbs with their forms: arguments, descriptions and defaults."""
        return Response(_listed(), media_type="application/json")

    @api.get("/choices")
    def chosen() -> dict[str, Any]:
        """What the verbs are for, by what somebody has and wants, and the models that they need."""
        return choices()

    @api.get("/engines")
    def engines() -> dict[str, Any]:
        """List the engines and models with their presets, settings and verbs."""
        return studio.engines()

    for verb in VERBS:
        _add_verb(api, studio, verb)
    return api


@functools.cache
def _listed() -> bytes:
    """The answer to what verbs there are, which is long and always the same."""
    return json.dumps([form(verb) for verb in VERBS]).encode()


def _add_verb(api: APIRouter, studio: Studio, verb: str) -> None:
    text = plain(description(VERBS[verb]))

    def ask(
        request: Request,
        given: Any,
        aside: Annotated[bool, Query(description="hide the job in lists, for jobs that a program submits")] = False,
    ) -> Any:
        return asdict(
            studio.jobs.submit(verb, given.model_dump(exclude_unset=True), aside=aside, client=client_of(request.scope))
        )

    def estimate(given: Any, unpainted: Annotated[float | None, _UNPAINTED] = None) -> Any:
        wanted = checked(verb, given.model_dump(exclude_unset=True), unpainted=unpainted is not None)
        arguments = studio.jobs.spec(verb, wanted)
        studio.jobs.wake()
        times = studio.times.times
        return studio.queries.ask("estimate", verb=verb, arguments=arguments, times=times, unpainted=unpainted)

    def live(given: Any) -> Response:
        arguments = studio.jobs.spec(verb, checked(verb, given.model_dump(exclude_unset=True)))
        picture = studio.queries.ask("live", verb=verb, arguments=arguments, times=studio.times.times)
        return Response(picture, media_type="image/png", headers={"cache-control": "no-store"})

    def laid_out(given: Any) -> dict[str, Any]:
        arguments = studio.jobs.spec(verb, checked(verb, given.model_dump(exclude_unset=True)))
        found: dict[str, Any] = studio.queries.ask("laid_out", verb=verb, arguments=arguments)
        return found

    unpainted_body, whole = body(verb, unpainted=True), body(verb)
    for function, kind in ((ask, whole), (estimate, unpainted_body), (live, whole), (laid_out, whole)):
        function.__annotations__ = {**function.__annotations__, "given": Annotated[kind, Body()]}
    name = verb.capitalize()
    api.post(f"/verbs/{verb}/jobs", status_code=201, summary=name, description=text, operation_id=verb)(ask)
    api.post(
        f"/verbs/{verb}/estimate",
        summary=f"{name}: estimate",
        description="Estimated seconds, memory and size of the results, and the systems that must be trained first.",
        operation_id=f"{verb}_estimate",
    )(estimate)
    if verb in MAKING_VERBS and not is_film(verb):
        api.post(
            f"/verbs/{verb}/live",
            summary=f"{name}: live picture",
            description="The first result as a PNG, at once and not kept, where a trained model makes it in a moment.",
            operation_id=f"{verb}_live",
            response_class=Response,
        )(live)
    if any(declared(system).verbs[verb].layout for system in able(verb)):
        api.post(
            f"/verbs/{verb}/layout",
            summary=f"{name}: layout",
            description="Where the model puts the objects of the layout: a box for each, and the object of each pixel.",
            operation_id=f"{verb}_layout",
        )(laid_out)
