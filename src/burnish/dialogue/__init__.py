"""The student-teacher loop (FIRE, section 3.3), under everything that makes or measures dialogues.

`stopping.py` says when a dialogue ends, `talk.py` is the life of one, `outcomes.py` makes its record, and
`roles_config.py` opens the two roles that a configuration names.
"""
