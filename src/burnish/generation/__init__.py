"""One driver for everything that is generated: what makers, benches and dialogues ask of models.

What happens to one example is a *life*, a generator function (`script.py`): it yields the requests that it needs
(`requests.py`), is sent the replies, and returns its records. `driver.py` keeps many lives at once: a window over the
inputs, the run's journal, records in the order of the inputs. How models are asked is `batched.py`'s (a local model, in
whole batches) or `streamed.py`'s (endpoints, one reply at a time), and `runs.py` is what a verb calls.
"""

from burnish.generation.requests import Ask, KnownReply
from burnish.generation.runs import begin_run, fill, make_run
from burnish.generation.script import Begin, Life, LifePart, Records

__all__ = ["Ask", "Begin", "KnownReply", "Life", "LifePart", "Records", "begin_run", "fill", "make_run"]
