"""Joins the routes, the style and the guards to one application."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from burnish.errors import ImageError, RunError
from burnish.view.page import templates
from burnish.view.pictures import Drawings
from burnish.view.routes import ViewSite, router
from burnish.web.guard import guard

_HERE = Path(__file__).parent
REQUESTS_A_MINUTE = 6_000
"""From one address: a page of fifty pairs every second."""


def create_app(run: Path, index: Path, *, host: str, secret: str = "") -> FastAPI:
    """The application that shows a run by its index; `host` is the address it will listen on."""
    app = FastAPI(title="Burnish view", openapi_url=None)
    prefix = f"/{secret}" if secret else ""
    app.state.site = ViewSite(run, index, f"{prefix}/", Drawings())
    app.include_router(router, prefix=prefix)
    app.mount(f"{prefix}/static", StaticFiles(directory=_HERE / "static"))
    _explain(app, f"{prefix}/")
    guard(app, host=host, requests_a_minute=REQUESTS_A_MINUTE)
    return app


def _explain(app: FastAPI, root: str) -> None:
    """Every failure that is expected is a page with one sentence."""

    def page(request: Request, status: int, detail: str) -> Response:
        # Who does not know the secret is not told it by the style's address.
        known = root if request.url.path.startswith(root) else ""
        text = templates().get_template("error.html").render(status=status, detail=detail, root=known)
        return HTMLResponse(text, status)

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        return page(request, error.status_code, error.detail)

    @app.exception_handler(RequestValidationError)
    def not_valid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        return page(request, 422, f"{first['loc'][-1]} is {first['input']!r:.100}: {first['msg']}.")

    @app.exception_handler(ImageError)
    def no_picture(request: Request, error: ImageError) -> Response:
        return page(request, 422, str(error))

    @app.exception_handler(RunError)
    def run_changed(request: Request, error: RunError) -> Response:
        return page(request, 503, str(error))

    @app.exception_handler(sqlite3.Error)
    def index_gone(request: Request, error: sqlite3.Error) -> Response:
        return page(request, 503, f"The index cannot be read ({error}): start `burnish view` again.")
