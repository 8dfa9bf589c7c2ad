"""The embedded PARA: single ratings 1..5 in halves with nine other answers, and users' Big Five."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from piaa_lightning.simulation.crowds import Amount, Crowd, even_steps, gather
from piaa_lightning.simulation.graded import Weights, aspect, grade
from piaa_lightning.simulation.jpegs import write_images
from piaa_lightning.simulation.latent import CATEGORIES, attribute_table, stream
from piaa_lightning.simulation.population import TRAITS
from piaa_lightning.simulation.textfiles import write_lines, write_note, write_truth

NAME = "para"
PER_SESSION = 70  # images, as published
# A score is 3.2 + .75 * liking, cut to 1..5 in nine half steps (assumption): level 0 is 1, level 8 is 5.
LEVELS, MIDDLE, PER_UNIT = 9, 2 * (3.2 - 1), 2 * 0.75
GRADES: dict[str, Weights] = {  # 1..5
    "qualityScore": {"contrast": 1, "clutter": -0.5},
    "compositionScore": {"thirds": 1, "symmetry": 0.7},
    "colorScore": {"harmony": 1, "colourfulness": 0.7},
    "dofScore": {"depth": 1},
    "contentScore": {"clutter": -1, "depth": 0.5},
    "lightScore": {"brightness": 0.6, "contrast": 1},
}
COLUMNS = (
    "sessionId,imageName,userId,aestheticScore,qualityScore,compositionScore,colorScore,dofScore,contentScore,"
    "lightScore,isObjectEmphasis,imgEmotion,difficultyOfJudgment,contentPreference,willingnessToShare,semantic"
)
USERS_COLUMNS = (
    "userId,age,gender,EducationalLevel,artExperience,photographyExperience,"
    "personality-E,personality-A,personality-N,personality-O,personality-C"
)
INVENTORY_MEAN, INVENTORY_SPREAD = 6.0, 1.6  # of each of the Big Five, 2..10 as published; the spread is an assumption
EMOTIONS = ("neutral", "content", "excitement", "sadness")
AGES = ("18-21", "22-25", "26-29", "30-34", "35-40")
EDUCATION = ("senior_high_school", "technical_secondary_school", "junior_college", "university")
EXPERIENCE = ("beginner", "competent", "proficient", "expert")


@dataclass(frozen=True)
class Layout:
    """How much is written.

    Args:
        amount: users, images and ratings.
        test: images in the official test list.
        test_list: what the official test list is called; one copy in circulation misnames it.
    """

    amount: Amount
    test: int
    test_list: str


LAYOUTS = {
    "tiny": Layout(Amount(20, 280, 3920, 165, 0.3, 72), 70, "ARA-GiaaTest.csv"),
    "demo": Layout(Amount(100, 2100, 52500, 200, 0.4, 112), 560, "PARA-GiaaTest.csv"),
    "full": Layout(Amount(438, 31220, 807585, 200, 0.4, 500), 3000, "PARA-GiaaTest.csv"),
}


def write(root: Path, size: str, seed: int) -> None:
    """Write the database below ``root``: one image is not on disk, one rating is there twice.

    Args:
        root: an empty directory.
        size: one of ``LAYOUTS``.
        seed: of everything.
    """
    layout = LAYOUTS[size]
    data = gather(NAME, seed, layout.amount, even_steps(LEVELS, MIDDLE, PER_UNIT))
    rng = stream(seed, NAME, "names")
    users, count = [f"A{n:06x}" for n in rng.choice(16**6, len(data.users), replace=False)], len(data.latents)
    sessions, names = _image_names(count)
    paths = [f"{session}/{name}" for session, name in zip(sessions, names, strict=True)]
    annotation = root / "annotation"
    lines = list(_rating_lines(stream(seed, NAME, "answers"), data, users, sessions, names))
    write_lines(annotation / "PARA-Images.csv", [COLUMNS, *lines, lines[0]])
    write_lines(annotation / "PARA-UserInfo.csv", [USERS_COLUMNS, *_users_lines(rng, data, users)], "\r\n")
    order = rng.permutation(count)
    for name, members in (("PARA-GiaaTrain.csv", order[layout.test :]), (layout.test_list, order[: layout.test])):
        write_lines(annotation / name, _list_lines(data, sessions, names, members))
    rated = zip(data.user, data.image, data.truth, strict=True)
    write_truth(root, ((users[user], paths[image], 1 + value / 2) for user, image, value in rated))
    write_note(root, "PARA", "`annotation/PARA-Images.csv` holds people's scores from 1 to 5 and other answers.")
    for session in dict.fromkeys(sessions):
        (root / "imgs" / session).mkdir(parents=True)
    missing = int(order[-1])
    jobs = [(n, f"imgs/{paths[n]}") for n in range(count) if n != missing]
    write_images(root, seed, NAME, layout.amount.long_side, jobs)


def _image_names(count: int) -> tuple[list[str], list[str]]:
    """Sessions and names of images; the last session's names are those of the first, so a name alone is not enough.

    NOTE: in the published files names go on counting; that they never repeat is not promised.
    """
    last = (count - 1) // PER_SESSION
    sessions = [f"session{n // PER_SESSION + 1}" for n in range(count)]
    numbers = [n % PER_SESSION if n // PER_SESSION == last else n for n in range(count)]
    return sessions, [f"iaa_pub{number + 1}_.jpg" for number in numbers]


def _rating_lines(
    rng: np.random.Generator, data: Crowd, users: list[str], sessions: list[str], names: list[str]
) -> Iterator[str]:
    attributes = attribute_table(data.latents)
    grades = np.column_stack(
        [grade(rng, aspect(attributes, weights)[data.image], 1, 5) for weights in GRADES.values()]
    ).astype(np.int64)
    emphasis = (aspect(attributes, {"depth": 1, "clutter": -1})[data.image] > 0).astype(np.int64)
    difficulty = rng.integers(-1, 2, len(data.user))
    emotion = rng.integers(len(EMOTIONS), size=len(data.user))
    liked = 4 * (data.truth / (LEVELS - 1)) - 2  # about standardised
    preference, sharing = (grade(rng, liked, 1, 5).astype(np.int64) for _ in range(2))
    for row, (user, image) in enumerate(zip(data.user.tolist(), data.image.tolist(), strict=True)):
        said = ",".join(map(str, grades[row, 1:].tolist()))
        yield (
            f"{sessions[image]},{names[image]},{users[user]},{1 + data.level[row] / 2:.1f},{grades[row, 0]:.1f},"
            f"{said},{emphasis[row]},{EMOTIONS[emotion[row]]},{difficulty[row]},{preference[row]},{sharing[row]},"
            f"{CATEGORIES[data.latents[image].category]}"
        )


def _users_lines(rng: np.random.Generator, data: Crowd, users: list[str]) -> Iterator[str]:
    """Personality as an inventory gives it; the last user filled in nothing."""
    told = np.clip(np.round(INVENTORY_MEAN + INVENTORY_SPREAD * data.users.traits), 2, 10).astype(np.int64)
    for user, name in enumerate(users[:-1]):
        about = [
            AGES[rng.integers(len(AGES))],
            ("female", "male")[rng.integers(2)],
            EDUCATION[rng.integers(len(EDUCATION))],
            *(EXPERIENCE[rng.integers(len(EXPERIENCE))] for _ in range(2)),
        ]
        personality = (str(told[user, TRAITS.index(trait)]) for trait in "EANOC")
        yield ",".join([name, *about, *personality])
    yield users[-1] + 10 * ","


def _list_lines(data: Crowd, sessions: list[str], names: list[str], members: NDArray[np.int64]) -> Iterator[str]:
    """Shares of the nine scores, mean and standard deviation of every image in an official list."""
    votes = np.bincount(data.image * LEVELS + data.level, minlength=LEVELS * len(names)).reshape(-1, LEVELS)
    levels = np.arange(1, 5.5, 0.5)
    shares = votes / votes.sum(axis=1, keepdims=True)
    mean = shares @ levels
    spread = np.sqrt(shares @ levels**2 - mean**2)
    yield ",".join(["imageName", "sessionId", "semantic", *(f"aestheticScore_{level}" for level in levels)]) + (
        ",aestheticScore_mean,aestheticScore_std"
    )
    for image in members.tolist():
        counted = ",".join(map(str, votes[image].tolist()))
        category = CATEGORIES[data.latents[image].category]
        yield f"{names[image]},{sessions[image]},{category},{counted},{mean[image]:.6f},{spread[image]:.6f}"


def images(size: str) -> tuple[int, int]:
    """Number of images and their longer side in pixels, for the estimate of the space they need."""
    return LAYOUTS[size].amount.images, LAYOUTS[size].amount.long_side
