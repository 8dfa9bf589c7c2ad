"""Print what the simulated population is like: ``python -m piaa_lightning.simulation``."""

from __future__ import annotations

from piaa_lightning.simulation.facts import crowd_facts, flickr_aes_facts, psychoflickr_facts


def main() -> None:
    """Print every fact beside its target."""
    for title, facts in (
        ("Many raters for every picture, as in OASIS", crowd_facts()),
        ("The embedded FLICKR-AES, size demo", flickr_aes_facts("demo")),
        ("The embedded PsychoFlickr, size demo", psychoflickr_facts("demo")),
    ):
        print(title)
        for fact in facts:
            value = f"{fact.value:.0f}" if isinstance(fact.value, int) else f"{fact.value:.3f}"
            print(f"  {fact.name:<68}{value:>8}  {fact.target}")


if __name__ == "__main__":
    main()
