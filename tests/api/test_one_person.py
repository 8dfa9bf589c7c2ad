"""`fit(images, scores)` and `predict(images)`: images of any kind, and the numbers of the evaluation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from piaa_lightning import (
    FineTune,
    GaussianProcess,
    Hierarchical,
    HierarchicalProcess,
    InnerLoop,
    Personalizer,
    Ridge,
    evaluate,
)


def test_images_of_any_kind_are_the_same_images(generic, data, files):
    opened = [Image.open(file) for file in files[:3]]
    arrays = [np.array(image.convert("RGB")) for image in opened]
    kinds = [
        files[:3],
        [str(file) for file in files[:3]],
        opened,
        arrays,
        [torch.from_numpy(array).permute(2, 0, 1) for array in arrays],
    ]
    found = [FineTune(generic, steps=2).fit(images, [1, 3, 5], scale=(1, 5)).predict(files[5:7]) for images in kinds]
    found.append(FineTune(generic, steps=2).fit([0, 1, 2], [1, 3, 5], data=data).predict(np.array([5, 6])))
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])


def test_fine_tuning_is_that_of_the_evaluation(generic, data, files):
    from piaa_lightning.personalizers.personalizer import FitContext, Support

    method, images = FineTune(generic, steps=3), data.split.test_images[:14]
    scores = np.linspace(0, 1, 10, dtype=np.float32)
    method.prepare(FitContext(data.table, data.split, data.inputs_at(16), torch.device("cpu"), generic.network))
    (expected,) = method.trace(Support(0, images[:10], scores), images[10:], method.candidates())
    found = (
        FineTune(generic, steps=3).fit([files[n] for n in images[:10]], scores).predict([files[n] for n in images[10:]])
    )
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda model: Ridge(model, choice="leave_one_out", calibrations=["offset"], components=4),
        lambda model: GaussianProcess(model, components=4, users=8, ratings=10),
        lambda model: Hierarchical(model, components=4),
        lambda model: HierarchicalProcess(
            model, Hierarchical(components=4), GaussianProcess(components=4, users=8, ratings=10)
        ),
    ],
)
def test_closed_forms_learn_from_a_database_and_are_those_of_the_evaluation(generic, data, files, make):
    from piaa_lightning.personalizers.personalizer import FitContext, Support

    images, scores = data.split.test_images[:14], np.linspace(0, 1, 10, dtype=np.float32)
    method = make(generic)
    method.prepare(FitContext(data.table, data.split, data.inputs_at(16), torch.device("cpu"), generic.network))
    (expected,) = method.trace(Support(data.table.users, images[:10], scores), images[10:], method.candidates())
    me = make(generic).fit([files[n] for n in images[:10]], scores, data=data, scale=(0, 1))
    np.testing.assert_allclose(me.predict([files[n] for n in images[10:]]), expected, atol=1e-4)


def test_a_method_of_ones_own_needs_two_lines(generic, data, files):
    class Nearest(Personalizer):
        def prepare(self, context):
            self.inputs = context.inputs

        def fit_user(self, support, settings):
            known = self.inputs.batch(support.images).flatten(1).float()

            def score(images):
                shown = self.inputs.batch(images).flatten(1).float()
                return support.scores[torch.cdist(shown, known).argmin(dim=1).numpy()]

            return score

    method = Nearest()
    method.model = generic.network  # says how large images are
    me = method.fit(files[:5], [1, 2, 3, 4, 5], scale=(1, 5))
    assert me.predict(files[:5]).tolist() == [1, 2, 3, 4, 5]
    me = method.fit(files[:5], [1, 2, 3, 4, 5], data=data)
    assert me.predict(files[:5]).tolist() == [1, 2, 3, 4, 5]
    assert len(evaluate({"nearest": method}, data, shots=[5], repeats=1, users=2).records) == 2 * 2  # users, metrics


def test_no_steps_are_the_model_itself(generic, files):
    me = FineTune(generic, steps=0).fit(files[:2], [0, 1])
    from piaa_lightning.data.images.given import squares_of

    with torch.no_grad():
        expected = generic.network.eval()(squares_of(files[2:4], 16)).numpy()
    np.testing.assert_allclose(me.predict(files[2:4]), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "kind", "sentence"),
    [
        (lambda m, f: FineTune(m, steps=-1), ValueError, r"^steps=-1: there are no negative steps"),
        (lambda m, f: FineTune(m, layers="body"), ValueError, r"^layers=body: there is no such choice"),
        (lambda m, f: FineTune(InnerLoop()), TypeError, r"^model: a InnerLoop is no network"),
        (lambda m, f: FineTune().fit(f[:2], [0, 1]), ValueError, r"^model: none was given"),
        (lambda m, f: FineTune(m).fit(f[:2], [0]), ValueError, r"^scores: there are 1 scores of 2 images"),
        (lambda m, f: FineTune(m).fit(f[:2], [0, 5]), ValueError, r"^scores: 5 lies outside the scale 0\.\.1"),
        (lambda m, f: FineTune(m).fit(f[:2], [0, 1], scale=(5, 1)), ValueError, r"^scale="),
        (lambda m, f: FineTune(m).fit([0, 1], [0, 1]), ValueError, r"^data: images were given as numbers"),
        (
            lambda m, f: FineTune(m).fit(["x.jpg"], [0]),
            FileNotFoundError,
            r"^images\[0\]=x\.jpg: there is no such file",
        ),
        (lambda m, f: FineTune(m).fit([None], [0]), TypeError, r"^images\[0\]: a NoneType is no image"),
        (lambda m, f: FineTune(m).fit(f[0], [0]), TypeError, r"^images: "),
        (lambda m, f: FineTune(m).predict(f[:2]), ValueError, r"^images: nobody was fitted"),
        (
            lambda m, f: FineTune(m, steps=[1, 2]).fit(f[:2], [0, 1]),
            ValueError,
            r"^settings: there are 2 candidates",
        ),
        (lambda m, f: Hierarchical(m).fit(f[:2], [0, 1]), ValueError, r"^data: .* give a database to learn from"),
        (lambda m, f: Ridge(m, penalties=[-1]), ValueError, r"^penalties=\[-1\.0\]: give at least one"),
    ],
)
def test_a_mistake_names_the_argument(generic, files, call, kind, sentence):
    with pytest.raises(kind, match=sentence):
        call(generic, files)
