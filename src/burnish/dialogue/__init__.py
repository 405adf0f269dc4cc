"""The student-teacher loop (FIRE, section 3.3), under everything that makes or measures dialogues.

`stopping.py` says when a dialogue ends, `loop.py` carries many on together, `window.py` keeps their records in order,
`asking.py` asks for no reply twice, and `partners.py` opens the two roles that a configuration names.
"""
