"""Count keys and seconds until a person's best 20 of 500 photographs with bursts are found, and by stars alone.

    python experiments/best_twenty/measure.py OASIS [PEOPLE]

OASIS is a directory as for ``data=oasis``. The folder holds the 225 photographs of its fourth set, of which no two show
the same, and 275 further frames: 92 of them are bursts of up to four within two seconds, whose frames differ as those
of ``own_photographs/groups.py``.
A person is one of OASIS's, who rated all 225; a further frame is to them as good as the first. They press a key for the
star that they gave there, and nothing else is simulated: the program is the page's own session, on files with times.

* files: a star for one frame after the other, as they lie there;
* files, one of each: the same where somebody has put the bursts together without a mistake;
* piaa: ten stars for what the page asks for, then for the best of the order, which is opened anew (two keys) after
  every ten stars.

What has no star by then is taken in the order of the program, or, by stars alone, not at all; 20 are taken.
Written: ``people.csv``, ``table.csv`` and, paired over people, ``differences.csv``. Seconds are reckoned: 1.35 s to
decide and .28 s to press a key (Card, Moran and Newell, "The keystroke-level model", 1980), and for piaa what its
answers took on this machine.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "own_photographs"))
from groups import shrunk, varied
from oasis import people_of, write_rows

from piaa_lightning.photos.images.store import Store
from piaa_lightning.photos.learning.built_in import built_in_model
from piaa_lightning.web.album import Album
from piaa_lightning.web.answers import view_answer
from piaa_lightning.web.session import Session
from piaa_lightning.web.uploads import Limits

HERE = Path(__file__).parent
SET, FRAMES, COPIES, STRENGTH, WANTED = 4, 500, 3, 0.1, 20
ASKED, REOPEN, REOPEN_KEYS = 10, 10, 2
BUDGETS = (0, 20, 50, 100, 225, 500)
MOST = 100  # stars that somebody gives with the program
# Keys with the program, and the way and the keys that they are compared with.
COMPARED = ((118, ("files", 225)), (118, ("files, one of each", 100)), (58, ("files, one of each", 50)))
DECIDE, PRESS = 1.35, 0.28  # seconds
LIMITS = Limits(photos=2000, bytes_each=10**8, bytes_all=10**10, pixels=10**8)
ORIGINAL_TIME = 36867  # of EXIF
Numbers = NDArray[np.int64]


def main(directory: str, count: str = "20") -> None:
    """Make the folder, let people rate it, and write what came out."""
    root, people = Path(directory), people_of(Path(directory), SET)
    model = built_in_model()
    rows: list[list[object]] = []
    with tempfile.TemporaryDirectory() as made:
        shows = make_folder(root, people.files, Path(made) / "frames")
        album = Album(model, Store(Path(made) / "cache.sqlite"), Path(made) / "frames")
        album.read(sorted(path.name for path in (Path(made) / "frames").iterdir()))
        for person, scores in zip(people.users[: int(count)], people.ratings, strict=False):
            session = Session(Path(made) / person, model, album, LIMITS, by_folder=True)
            for name, keys, taken, seconds in (
                *by_stars("files", shows, scores, np.arange(FRAMES)),
                *by_stars("files, one of each", shows, scores, np.unique(shows, return_index=True)[1]),
                *with_piaa(session, shows, scores),
            ):
                rows.append([person, name, keys, *worth(taken, shows, scores), f"{seconds:.3f}"])
            print(person, rows[-1][1:], flush=True)
    write_rows(HERE / "people.csv", ["person", "way", "keys", "worth", "lacking", "answers_s"], rows)
    write_rows(HERE / "table.csv", ["way", "keys", "seconds", "worth", "lacking"], summary(rows))
    write_rows(HERE / "differences.csv", ["way", "keys", "than", "its keys", "worth", "±"], differences(rows))


def make_folder(root: Path, files: list[str], into: Path) -> Numbers:
    """Write 500 frames with times; return which photograph each shows, by their names' order."""
    random = np.random.default_rng(0)
    into.mkdir()
    burst = set(random.permutation(len(files))[: -(-(FRAMES - len(files)) // COPIES)].tolist())
    shows: list[int] = []
    left = FRAMES - len(files)
    for number in random.permutation(len(files)).tolist():
        image = shrunk(root / "images" / files[number])
        copies = min(COPIES, left) if number in burst else 0
        left -= copies
        for frame in (image, *(varied(image, STRENGTH, random) for _ in range(copies))):
            exif = Image.Exif()
            moment = time.gmtime(1_700_000_000 + 600 * len(set(shows)) + random.integers(0, 3))
            exif.get_ifd(0x8769)[ORIGINAL_TIME] = time.strftime("%Y:%m:%d %H:%M:%S", moment)
            frame.save(into / f"IMG_{len(shows):04}.jpg", quality=92, exif=exif)
            shows.append(number)
    return np.array(shows)


def by_stars(name: str, shows: Numbers, scores: Numbers, order: Numbers) -> list[tuple[str, int, Numbers, float]]:
    """Return what was taken after some stars: the best of those that were looked at, none twice."""
    found = []
    for budget in BUDGETS:
        seen = order[:budget]
        if budget and (len(seen) == budget or budget == BUDGETS[-1]) and len(seen) >= WANTED:
            best = seen[np.argsort(-stars_of(scores)[shows[seen]], kind="stable")]
            _, first = np.unique(shows[best], return_index=True)
            found.append((name, len(seen), best[np.sort(first)][:WANTED], 0.0))
    return found


def with_piaa(session: Session, shows: Numbers, scores: Numbers) -> list[tuple[str, int, Numbers, float]]:
    """Return what stands first after some stars, and how long all answers took."""
    for _ in range(600):  # until bursts are found
        view_answer(session, "me")
        if session.version[-1]:
            break
        time.sleep(0.05)
    found, keys, waited, row = [("piaa", 0, first_of(session), 0.0)], 0, 0.0, []
    told = view_answer(session, "me")
    for star in range(MOST):
        if star < ASKED:
            photo = told["ask"][0]["id"]
        else:
            if (star - ASKED) % REOPEN == 0:
                keys += REOPEN_KEYS
                row = [item["id"] for item in told["items"] if not item["stars"]]
            photo = row.pop(0)
        number = session.view("me").numbers[photo]
        started = time.perf_counter()
        session.say("me", photo, stars=int(stars_of(scores)[shows[number]]))
        told = view_answer(session, "me")
        waited += time.perf_counter() - started
        keys += 1
        if star + 1 in BUDGETS:
            found.append(("piaa", keys, first_of(session), waited))
    return found


def first_of(session: Session) -> Numbers:
    """Return the first twenty of the order, one of each group."""
    view = session.view("me")
    order = view.ranking.order
    return order[view.best[order]][:WANTED]


def stars_of(scores: Numbers) -> Numbers:
    """Return ratings in [0, 1] as one to five stars."""
    return np.rint(1 + 4 * scores).astype(np.int64)


def worth(taken: Numbers, shows: Numbers, scores: Numbers) -> tuple[str, int]:
    """Return where the mean rating of what was taken lies between that of all (0) and of the best twenty (1).

    What shows the same as another one, or is lacking, counts as an average photograph; how many comes second.
    """
    different = np.unique(shows[taken])
    lacking = WANTED - len(different)
    mean = scores.mean()
    got = (scores[different].sum() + lacking * mean) / WANTED
    return f"{(got - mean) / (np.sort(scores)[-WANTED:].mean() - mean):.3f}", lacking


def summary(rows: list[list[object]]) -> list[list[object]]:
    """Return means over people."""
    found: list[list[object]] = []
    for way, keys in dict.fromkeys((str(row[1]), int(str(row[2]))) for row in rows):
        some = [row for row in rows if (row[1], row[2]) == (way, keys)]
        values = np.array([[float(str(value)) for value in row[3:]] for row in some])
        seconds = keys * (DECIDE + PRESS) + values[:, 2].mean()
        found.append([way, keys, round(seconds), f"{values[:, 0].mean():.2f}", f"{values[:, 1].mean():.1f}"])
    return found


def differences(rows: list[list[object]]) -> list[list[object]]:
    """Return how much more the program's twenty are worth, paired over people, with twice the standard error."""
    worths: dict[tuple[str, int], list[float]] = {}
    for _, way, keys, value, *_ in rows:
        worths.setdefault((str(way), int(str(keys))), []).append(float(str(value)))
    found: list[list[object]] = []
    for keys, other in COMPARED:
        apart = np.subtract(worths["piaa", keys], worths[other])
        error = 2 * apart.std(ddof=1) / np.sqrt(len(apart))
        found.append(["piaa", keys, *other, f"{apart.mean():+.2f}", f"{error:.2f}"])
    return found


if __name__ == "__main__":
    main(*sys.argv[1:])
