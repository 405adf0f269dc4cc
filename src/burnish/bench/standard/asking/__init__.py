"""Puts a standard benchmark's own questions to a model: one file for each family of official releases.

A benchmark's file says which official files hold its questions, how a question becomes a prompt, where its pictures
lie, and in which form the answers are written; the scorers beside this folder do the rest.
"""
