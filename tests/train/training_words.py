"""The words of the tests' preference pairs."""

QUESTIONS = ("What is it?", "How many dogs are there, counted with care?", "Which colour?")
CHOSEN = ("a dog", "two, both of them asleep", "red", "none", "a cat on a mat", "blue")
REJECTED = ("a log", "three", "a reddish green", "one of them", "a hat", "blue or so")
