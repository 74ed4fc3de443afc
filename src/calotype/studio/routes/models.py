"""The models that are kept: listed, deleted, taken along, and brought from elsewhere."""

# Annotations are values here, not strings: the interface is made from them.
import asyncio
import io
import zipfile
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, Field

from calotype.errors import InputError
from calotype.studio.app_state import Studio
from calotype.studio.jobs import model_folder
from calotype.studio.pictures import Missing
from calotype.studio.routes.answers import ANEW, BINARY, ModelName, read, router
from calotype.tasks import model_store

ParcelId = Annotated[str, InPath(pattern="^[0-9a-f]{16}$", description="id of what is handed in")]


class Brought(BaseModel):
    """A model that was trained elsewhere."""

    parcel: str = Field(pattern="^[0-9a-f]{16}$", description="id under which its files were handed in")
    name: str = Field("model", max_length=300, description="of the folder that they were in")
    photo: str | None = Field(
        None, pattern="^[0-9a-f]{16}$", description="id of the photo it learned from: verbs then find it by themselves"
    )


class Handed(BaseModel):
    """Files that are handed in together."""

    id: str


class OutputSpec(BaseModel):
    """How much of a file is there."""

    bytes: int


def models(studio: Studio) -> APIRouter:
    """The requests about models."""
    api = router("models")

    @api.get("/models")
    def listed() -> list[dict[str, Any]]:
        """The models that were trained, finished or not."""
        known: list[dict[str, Any]] = studio.queries.ask("models")
        return known

    @api.delete("/models/{name}", status_code=204)
    def remove(name: ModelName) -> None:
        """Delete a model."""
        model_folder(name)
        studio.queries.ask("remove_model", name=name)

    @api.get("/models/{name}/file", response_class=Response)
    def packed(name: ModelName) -> Response:
        """A finished model as one zip, to be taken to another machine and handed in there."""
        files = model_store.packed(model_folder(name))
        if not files:
            raise InputError("this model is not finished: go on with its training under Work")
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:  # weights do not get smaller
            for file, content in files.items():
                archive.writestr(file, content)
        headers = {
            **ANEW,
            "content-disposition": f'attachment; filename="{name.encode("ascii", "replace").decode()}.zip"',
        }
        return Response(data.getvalue(), media_type="application/zip", headers=headers)

    @api.post("/parcels", status_code=201)
    def parcel() -> Handed:
        """Begin to hand in the files of a model."""
        return Handed(id=studio.parcels.new())

    @api.put("/parcels/{id}/{name}", openapi_extra=BINARY)
    async def put(
        request: Request,
        id: ParcelId,
        name: Annotated[str, InPath(pattern=r"^\w[\w.-]{0,99}$", description="of the file")],
        at: Annotated[int, Query(ge=0, le=10**12, description="bytes of it that were sent before")] = 0,
    ) -> OutputSpec:
        """A piece of a file of a model: its bytes are the body. Large files come in several, one after the other."""
        studio.parcels.folder(id)
        data = await read(request)
        return OutputSpec(bytes=await asyncio.to_thread(studio.parcels.put, id, name, at, data))

    @api.delete("/parcels/{id}", status_code=204)
    def forget(id: ParcelId) -> None:
        """Throw away what was handed in."""
        studio.parcels.forget(id)

    @api.post("/models", status_code=201)
    def bring(brought: Brought) -> dict[str, str]:
        """Keep a model that was trained elsewhere, and whose files were handed in: its ``name``."""
        photo = None if brought.photo is None else str(studio.pictures.path(brought.photo))
        place = studio.parcels.opened(brought.parcel, brought.name)
        try:
            name: str = studio.queries.ask("bring", folder=str(place), photo=photo)
        finally:
            studio.parcels.close(place)
        return {"name": name}

    @api.get("/models/{name}/previews/{file}", response_class=Response)
    def preview(name: ModelName, file: Annotated[str, InPath(pattern=r"^[\w. %-]{1,200}\.png$")]) -> Response:
        """A picture of a stage of a training."""
        folder = model_folder(name) / "previews"
        found = next((path for path in folder.glob("*.png") if path.name == file), None)
        if found is None:
            raise Missing("there is no such picture of this model")
        return FileResponse(found, media_type="image/png", headers=ANEW)

    return api
