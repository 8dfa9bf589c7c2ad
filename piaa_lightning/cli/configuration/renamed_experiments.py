"""Options of earlier versions that are spelled differently now; each is refused with what to type instead."""

from __future__ import annotations

PERSONAL = ("gp", "hierarchical", "ridge", "trait_conditioned", "head_only", "bias_only", "rank_loss")
LEARNERS = ("reptile", "fomaml", "maml", "anil")
AVA_SYSTEMS = (
    *("rapid", "rapid_improved", "dma", "wang", "kao_hierarchical", "kao_multi_task", "bdn", "zhang", "schwarz"),
    *("ilgnet", "kong_classifier", "kong_att", "kong_cont", "kong_att_cont", "nima"),
)

RENAMED_EXPERIMENTS: dict[str, str] = {
    **{name: f"experiment=personal method={name}" for name in PERSONAL},
    **{f"{name}_piaa": f"experiment=blg_piaa task={name}" for name in LEARNERS},
    "metasgd_piaa": "experiment=blg_piaa task=metasgd methods.blg.personalizer.inner.rule=learned ~methods.blg_generic",
    **{
        name: f"experiment=blg_piaa task={name} method@methods.blg=added_only ~methods.blg_generic"
        for name in ("lora", "adapter")
    },
}

RENAMED_METHODS: dict[str, str] = {
    **{name: f"method=classifier task={name}" for name in AVA_SYSTEMS},
    "single_task": "method=images task=giaa",
    "pa_iaa_images": "method=images task=joint",
}

RENAMED: dict[str, dict[str, str]] = {
    "experiment": RENAMED_EXPERIMENTS,
    "method": RENAMED_METHODS,
    "task": {"dma_sorting": "task=dma task.network.aggregation=sorting"},
    "sweep": {"search": "hparams_search=optuna"},
}


def now_called(group: str, option: str) -> str | None:
    """Return what is typed today instead of an option of an earlier version, or None.

    Args:
        group: such as ``experiment``.
        option: as it was called.
    """
    return RENAMED.get(group, {}).get(option)
