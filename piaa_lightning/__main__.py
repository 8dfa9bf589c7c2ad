"""``python -m piaa_lightning``: compose the configuration, run, and tell mistakes in one sentence."""

from __future__ import annotations

import errno
import os
import sys
from importlib.util import find_spec

from piaa_lightning import __version__
from piaa_lightning.errors import UserError

# What a disk or a system refuses, and a user can mend.
REFUSED = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)
HELP = ("--help", "-h")


def main() -> None:
    """Run the command line."""
    from piaa_lightning.runtime.terminal import write_every_name

    write_every_name()
    _leave_working_directory()
    arguments = sys.argv[1:]
    try:
        # what can be answered without Hydra, whose import and composing take most of a second
        if "--version" in arguments:
            print(f"piaa_lightning {__version__}")
            return
        if any(word in arguments for word in HELP):
            from piaa_lightning.cli.manual import manual

            print(manual())
            return
        from piaa_lightning.cli.configuration.overrides import quote_paths
        from piaa_lightning.cli.configuration.renamed import refuse_renamed
        from piaa_lightning.cli.modes import refuse_unknown_modes

        refuse_renamed(arguments)
        refuse_unknown_modes(arguments)
        sys.argv = [*sys.argv[:1], *quote_paths(arguments)]
        _compose_and_run(arguments)
    except UserError as error:
        sys.exit(f"piaa_lightning: {error}")
    except BrokenPipeError:  # whoever read what was printed, `head` for instance, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _leave_working_directory() -> None:
    """Take libraries from where they are installed: a ``tqdm.py`` in a folder of somebody else must not run here.

    ``python -m`` looks into the working directory first. One's own package there is found where ``PIAA_TARGETS`` names
    it, after everything that is installed.
    """
    here, home = os.getcwd(), os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if here == home or sys.path[:1] not in ([here], [""]):
        return
    del sys.path[0]
    if os.environ.get("PIAA_TARGETS"):
        sys.path.append(here)


def _compose_and_run(arguments: list[str]) -> None:
    """Let Hydra compose the configuration and do its jobs; tell what Hydra or the system refuses."""
    wants_traceback = os.environ.get("HYDRA_FULL_ERROR") == "1"
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors reach us here instead of being printed by Hydra
    if find_spec("hydra") is None:
        raise UserError(
            "experiments need hydra-core and more, and the part for photographs alone is installed here; install the"
            " whole package as its README says, or see what there is with `piaa --help`."
        )
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from piaa_lightning.cli.app import hydra_main
    from piaa_lightning.cli.configuration.guard_hydra import guard_hydra
    from piaa_lightning.cli.configuration.schema import explain
    from piaa_lightning.cli.failed_jobs import is_of_a_launcher, refuse_failed

    guard_hydra()  # before it makes anything
    try:
        try:
            hydra_main()
        except Exception:
            refuse_failed()  # in place of what a launcher or a search says of jobs that failed
            raise
        refuse_failed()
    except (HydraException, OmegaConfBaseException) as error:
        if wants_traceback:
            raise
        sys.exit(f"piaa_lightning: {explain(error, arguments)}")
    except OSError as error:
        if wants_traceback or error.errno not in REFUSED:
            raise
        where = f"{error.filename}: " if error.filename else ""
        sys.exit(
            f"piaa_lightning: {where}{error.strerror}; make room or give the right to write, or name other directories"
            " with paths.runs=DIR and paths.cache=DIR; the same command with resume=auto goes on where it was."
        )
    except Exception as error:
        if wants_traceback or not is_of_a_launcher(error):
            raise
        sys.exit(
            "piaa_lightning: a job's process ended without a word, killed or out of memory; lower"
            " hydra.launcher.n_jobs, and type the same command again, which takes over what is finished."
        )
    except KeyboardInterrupt:
        sys.exit("piaa_lightning: interrupted; run the same command again, finished models and caches are kept.")


if __name__ == "__main__":
    main()
