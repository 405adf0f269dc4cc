"""The page: FastAPI with Jinja2, which its users know from elsewhere and which can be tested without a socket.

`app.py` joins the parts, `routes.py` answers, `view.py` says what a template is given, `serve.py` begins; what other
pages need too lies in `burnish.web`. Nothing comes from another machine; the form works without its script.
"""
