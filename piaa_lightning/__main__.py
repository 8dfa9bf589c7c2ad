"""``python -m piaa_lightning``: compose the configuration, run, and tell mistakes in one sentence."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line."""
    wants_traceback = os.environ.get("HYDRA_FULL_ERROR") == "1"
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors reach us here instead of being printed by Hydra
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from piaa_lightning.app import hydra_main
    from piaa_lightning.config import explain

    try:
        hydra_main()
    except (HydraException, OmegaConfBaseException) as error:
        if wants_traceback:
            raise
        sys.exit(f"piaa_lightning: {explain(error, sys.argv[1:])}")
    except KeyboardInterrupt:
        sys.exit("piaa_lightning: interrupted; run the same command again, finished priors and caches are kept.")


if __name__ == "__main__":
    main()
