"""The page: FastAPI with Jinja2, which its users know from elsewhere and which can be tested without a socket.

`app.py` joins the parts, `routes.py` answers, `view.py` says what a template is given, `pictures.py` finds pictures,
`guard.py` keeps others out, `serve.py` listens. Nothing comes from another machine; the form works without its script.
"""
