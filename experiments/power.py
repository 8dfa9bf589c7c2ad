"""Say how many seeds tell a difference from none, or which difference so many seeds tell.

    python experiments/power.py difference=0.01 seeds=0.0063 users=0.011

``seeds`` and ``users`` are standard deviations of the paired difference: of its mean over seeds, and of users' means.
A study's own spreads are taken from its records: ``study=DIRECTORY variant=NAME a=METHOD b=METHOD shots=100``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from piaa_lightning.errors import UserError
from piaa_lightning.evaluation.comparison.power import Spreads, least_difference, seeds_needed, spreads_of
from piaa_lightning.metrics.registry import MAIN
from piaa_lightning.studies.compact_records import read_compact
from piaa_lightning.studies.pairs import differences_by_seed

NUMBERS_OF_USERS = (20, 37, 104, 250, 500, 1000)
NUMBERS_OF_SEEDS = (3, 5, 10, 20)
KNOWN = {"difference", "seeds", "users", "study", "variant", "a", "b", "shots"}


def main(arguments: list[str]) -> None:
    """Print two small tables."""
    told = dict(word.partition("=")[::2] for word in arguments)
    if not told or set(told) - KNOWN or not all(told.values()):
        sys.exit(
            f"power.py: give {', '.join(sorted(KNOWN))} as NAME=VALUE; difference, and seeds and users or a study."
        )
    try:
        difference, spreads = float(told.get("difference", 0.01)), _spreads(told)
    except (KeyError, ValueError) as error:
        sys.exit(f"power.py: {error}: give a number for seeds and users, or study, variant, a, b and shots.")
    except UserError as error:
        sys.exit(str(error))
    print(f"spread over seeds {spreads.seeds:.4f}, over users {spreads.users:.4f}")
    print(f"\nseeds that tell {difference} four times in five")
    for users in NUMBERS_OF_USERS:
        print(f"{users:6} users  {seeds_needed(difference, spreads, users) or 'never'}")
    print("\nsmallest difference that is told four times in five")
    print("             " + "".join(f"{seeds:3} seeds" for seeds in NUMBERS_OF_SEEDS))
    for users in NUMBERS_OF_USERS:
        found = (least_difference(spreads, seeds, users) for seeds in NUMBERS_OF_SEEDS)
        print(f"{users:6} users " + "".join(f"{value:9.4f}" for value in found))


def _spreads(told: dict[str, str]) -> Spreads:
    if "study" not in told:
        return Spreads(float(told["seeds"]), float(told["users"]))
    by_seed = read_compact(Path(told["study"]))[told["variant"]]
    return spreads_of(differences_by_seed(by_seed, told["a"], told["b"], int(told["shots"]), None, None, MAIN)[0])


if __name__ == "__main__":
    main(sys.argv[1:])
