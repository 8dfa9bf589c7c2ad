"""The counts that the authors of each database publish."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """Counts to hold a copy against; None where nothing was published.

    Args:
        source: where the counts are from.
        images: images with a label.
        users: users who rated.
        ratings: of single users.
    """

    source: str
    images: int | None = None
    users: int | None = None
    ratings: int | None = None


PUBLISHED = {
    "aadb": Published("Kong et al., ECCV 2016: 8,458 + 500 + 1,000 images", images=9958),
    "ava": Published("Murray et al., CVPR 2012: lines of AVA.txt", images=255530),
    "eva": Published("Kang et al., ATQAM/MAST 2020: votes_filtered.csv", images=4070, users=1094, ratings=136943),
    "flickr_aes": Published("Ren et al., ICCV 2017", images=40988, users=210, ratings=193208),
    "lapis": Published("Maerten et al., CVPR Workshops 2025", images=11723, users=568, ratings=283860),
    "oasis": Published(
        "Kurdi et al., Behavior Research Methods 2017; ratings of beauty: Brielmann and Pelli 2019",
        images=900,
        users=757,
        ratings=170325,
    ),
    "para": Published("Yang et al., CVPR 2022", images=31220, users=438, ratings=807586),
    "psychoflickr": Published("Cristani et al., ACM MM 2013", images=60000, users=300, ratings=60000),
    "real_cur": Published("Ren et al., ICCV 2017: 14 albums", users=14),
}
