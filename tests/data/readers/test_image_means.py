"""Averages per image against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from piaa_lightning.data.readers.image_means import image_means


def test_blanks_and_other_images_do_not_count():
    image = pd.Series(["b", "a", "b", "gone", "a"])
    answers = pd.DataFrame({"x": [1.0, 2.0, 4.0, 100.0, np.nan], "y": [np.nan, 1.0, np.nan, 3.0, 2.0]})
    means = image_means(image, answers, np.array(["a", "b", "c"]))
    np.testing.assert_array_equal(means, np.float32([[2, 1.5], [2.5, np.nan], [np.nan, np.nan]]))
