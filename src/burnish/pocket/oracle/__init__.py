"""The oracle of the pocket world: it knows every scene, and plays the part that GPT-4V has in FIRE.

As a teacher it gives feedback that names what is wrong and hints at what is right without telling it; as a composer it
writes whole dialogues; as a judge it grades and compares answers. It depends on nothing but its arguments, and needs
neither torch nor a picture.
"""

from burnish.pocket.oracle.compose import compose
from burnish.pocket.oracle.judge import judge
from burnish.pocket.oracle.question import Known
from burnish.pocket.oracle.verdict import OracleVerdict, feedback, verdict
from burnish.pocket.oracle.verdict import rating as oracle_rating

VERSION = "2"
"""Changes whenever the oracle would say something else: part of the fingerprint of what it made."""

__all__ = ["VERSION", "Known", "OracleVerdict", "compose", "feedback", "judge", "oracle_rating", "verdict"]
