"""What Burnish's pages in a browser share: FastAPI's guards, the pictures of runs, and how they are served.

`guard.py` keeps others out, `pictures.py` finds pictures and says what browsers show of them, `serving.py` listens.
"""
