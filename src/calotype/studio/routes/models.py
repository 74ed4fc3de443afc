"""Requests for trained models: list, delete, download and import."""

# Annotations are values here, not strings: the interface is made from them.
import asyncio
import io
import json
import zipfile
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, Field

from calotype.errors import InputError
from calotype.studio.app_state import Studio
from calotype.studio.given import model_folder
from calotype.studio.pictures import Missing
from calotype.studio.routes.answers import ANEW, BINARY, ModelName, read, router
from calotype.tasks import model_store
from calotype.tasks.leaks import LEAKS

UploadId = Annotated[str, InPath(pattern="^[0-9a-f]{16}$", description="id of an upload")]


class ModelImport(BaseModel):
    """A model that was trained elsewhere."""

    upload: str = Field(pattern="^[0-9a-f]{16}$", description="id of the upload with its files")
    name: str | None = Field(
        None, max_length=300, description="name of their folder; by default that of the uploaded zip or file"
    )
    photo: str | None = Field(
        None,
        pattern="^[0-9a-f]{16}$",
        description="id of the photo it was trained on: verbs then find it automatically",
    )


class NewUpload(BaseModel):
    """A new upload."""

    id: str


class UploadedSize(BaseModel):
    """The uploaded size of a file."""

    bytes: int


def models(studio: Studio) -> APIRouter:
    """The router of the requests for models."""
    api = router("models")

    @api.get("/models")
    def listed() -> list[dict[str, Any]]:
        """List the trained models, finished or not."""
        known: list[dict[str, Any]] = studio.queries.ask("models")
        return known

    @api.delete("/models/{name}", status_code=204)
    def remove(name: ModelName) -> None:
        """Delete a model."""
        model_folder(name)
        studio.queries.ask("remove_model", name=name)

    @api.get("/models/{name}/file", response_class=Response)
    def packed(name: ModelName) -> Response:
        """Get a finished model as a zip file, for import on another machine."""
        files = model_store.packed(model_folder(name))
        if not files:
            raise InputError("this model is not finished: resume its training under Jobs")
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:  # uncompressed, as weights hardly compress
            for file, content in files.items():
                archive.writestr(file, content)
        headers = {
            **ANEW,
            "content-disposition": f'attachment; filename="{name.encode("ascii", "replace").decode()}.zip"',
        }
        return Response(data.getvalue(), media_type="application/zip", headers=headers)

    @api.post("/uploads", status_code=201)
    def new_upload() -> NewUpload:
        """Create an upload for the files of a model."""
        return NewUpload(id=studio.file_uploads.new())

    @api.put("/uploads/{id}/{name}", openapi_extra=BINARY)
    async def put(
        request: Request,
        id: UploadId,
        name: Annotated[str, InPath(pattern=r"^\w[\w.-]{0,99}$", description="name of the file")],
        at: Annotated[int, Query(ge=0, le=10**12, description="number of bytes of the file already sent")] = 0,
    ) -> UploadedSize:
        """Upload a chunk of a model file; the body is its content. Large files are sent in several chunks, in order."""
        studio.file_uploads.folder(id)
        data = await read(request)
        return UploadedSize(bytes=await asyncio.to_thread(studio.file_uploads.put, id, name, at, data))

    @api.delete("/uploads/{id}", status_code=204)
    def forget(id: UploadId) -> None:
        """Delete an upload."""
        studio.file_uploads.forget(id)

    @api.post("/models", status_code=201)
    def import_model(upload: ModelImport) -> dict[str, str]:
        """Import an uploaded model that was trained elsewhere; returns its ``name``."""
        photo = None if upload.photo is None else str(studio.pictures.path(upload.photo))
        place = studio.file_uploads.opened(upload.upload, upload.name)
        try:
            name: str = studio.queries.ask("import_model", folder=str(place), photo=photo)
        finally:
            studio.file_uploads.close(place)
        return {"name": name}

    @api.get("/models/{name}/leaks")
    def leaks(name: ModelName) -> dict[str, Any]:
        """Get what each code of a model tells of identity and pose, as it was measured after its training."""
        try:
            report: dict[str, Any] = json.loads((model_folder(name) / LEAKS).read_text("utf-8"))
        except (OSError, ValueError):
            raise Missing("this model has no leak report") from None
        return report

    @api.get("/models/{name}/previews/{file}", response_class=Response)
    def preview(name: ModelName, file: Annotated[str, InPath(pattern=r"^[\w. %-]{1,200}\.png$")]) -> Response:
        """Get a preview of a training stage."""
        folder = model_folder(name) / "previews"
        found = next((path for path in folder.glob("*.png") if path.name == file), None)
        if found is None:
            raise Missing("there is no such picture of this model")
        return FileResponse(found, media_type="image/png", headers=ANEW)

    return api
