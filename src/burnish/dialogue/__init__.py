"""The student-teacher loop: written once, used to make dialogues and to measure in them."""
