"""``python -m piaa_lightning``: compose the configuration, run, and tell mistakes in one sentence."""

from __future__ import annotations

import errno
import os
import sys

# What a disk or a system refuses, and a user can mend.
REFUSED = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)


def main() -> None:
    """Run the command line."""
    wants_traceback = os.environ.get("HYDRA_FULL_ERROR") == "1"
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors reach us here instead of being printed by Hydra
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from piaa_lightning.cli.app import hydra_main
    from piaa_lightning.cli.schema import explain

    try:
        hydra_main()
    except (HydraException, OmegaConfBaseException) as error:
        if wants_traceback:
            raise
        sys.exit(f"piaa_lightning: {explain(error, sys.argv[1:])}")
    except OSError as error:
        if wants_traceback or error.errno not in REFUSED:
            raise
        where = f"{error.filename}: " if error.filename else ""
        sys.exit(
            f"piaa_lightning: {where}{error.strerror}; make room or give the right to write, or name other directories"
            " with paths.runs=DIR and paths.cache=DIR; the same command with resume=auto goes on where it was."
        )
    except KeyboardInterrupt:
        sys.exit("piaa_lightning: interrupted; run the same command again, finished priors and caches are kept.")


if __name__ == "__main__":
    main()
