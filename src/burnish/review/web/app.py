"""Joins study, pictures and routes to one application."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from burnish.errors import BurnishError
from burnish.review.asks import RatingTask
from burnish.review.database import why
from burnish.review.study import Study
from burnish.review.web.routes import ReviewSite, router
from burnish.store import Run
from burnish.web.guard import guard, is_loopback
from burnish.web.pictures import Pictures
from burnish.web.templates import templates_of

RETRY_AFTER_S = "5"
"""When a page that found the store busy is to be asked for again."""
_HERE = Path(__file__).parent
REQUESTS_A_MINUTE = 600
"""From one address: some ten raters behind one router, at a case every five seconds."""


def create_app(study: Study, ask: RatingTask, runs: Sequence[Run], *, host: str) -> FastAPI:
    """The application that serves a study; `runs` have its pictures, `host` is the address it will listen on."""
    app = FastAPI(title="Burnish review", openapi_url=None)
    templates = templates_of("burnish.review.web")
    raters = {rater.token: rater for rater in study.raters}
    app.state.site = ReviewSite(study, ask, Pictures(runs), templates, raters, lists_links=is_loopback(host))
    app.mount("/static", StaticFiles(directory=_HERE / "static"))
    app.include_router(router)

    @app.exception_handler(HTTPException)
    def explain(_request: Request, error: HTTPException) -> Response:
        page = templates.get_template("error.html").render(status=error.status_code, detail=error.detail)
        return HTMLResponse(page, error.status_code)

    def sorry(detail: str) -> Response:
        page = templates.get_template("error.html").render(status=503, detail=detail)
        return HTMLResponse(page, 503, {"Retry-After": RETRY_AFTER_S})

    @app.exception_handler(DBAPIError)
    def wait(_request: Request, error: DBAPIError) -> Response:
        return sorry(f"The store of ratings cannot be used now: {why(error)}.")

    @app.exception_handler(BurnishError)
    def damaged(_request: Request, error: BurnishError) -> Response:
        return sorry(str(error))

    guard(app, host=host, requests_a_minute=REQUESTS_A_MINUTE)
    return app
