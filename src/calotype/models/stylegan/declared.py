"""What StyleGAN's functions take and give."""

from calotype.declaration import MASK, PHOTO, Input, System, Verb

_CODE = Input("code", "latent")
_KNOWN = Input("code", "latent", required=False)  # of the photo, found before
_STRONG = ("strength", "threshold")
_MASKED = ("method", "steps", "noise_steps", "seed")


def _recipe(name: str, *inputs: Input) -> Verb:
    """A recipe of Image2StyleGAN++."""
    return Verb(
        name,
        (PHOTO, *inputs),
        _MASKED,
        cost="masked_cost",
        cost_by="plan",
        validate="check_masked",
        coded=True,
    )


SYSTEM = System(
    learns=("image",),
    verbs={
        "sample": Verb("sample", (), ("seed", "truncation", "mix", "mix_from", "label"), validate="check_sample"),
        "interpolate": Verb(
            "interpolate",
            (),
            ("seed", "to_seed", "frames", "truncation", "label"),
            output="film",
            validate="check_interpolate",
        ),
        "embed": Verb(
            "embed",
            (PHOTO,),
            ("method", "space", "steps", "noise_steps", "start", "seed", "label", "tune_steps", "encoder", "preview"),
            cost="embedding_cost",
            cost_by="plan",
            validate="check_embed",
            coded=True,
        ),
        "morph": Verb(
            "morph",
            (Input("first", "latent"), Input("second", "latent"), Input("further", "latents", required=False)),
            ("frames", "closed"),
            output="film",
            validate="check_morph",
        ),
        "crossover": Verb(
            "crossover",
            (
                Input("structure_code", "latent", argument="structure"),
                Input("style_code", "latent", argument="style"),
                MASK,
                Input("source", "mask", required=False),
            ),
            ("from_layer", "share"),
            validate="check_crossover",
            coded=True,
        ),
        "transfer": Verb(
            "transfer",
            (_CODE, Input("before", "latent"), Input("after", "latent")),
            _STRONG,
            validate="check_transfer",
            coded=True,
        ),
        "adjust": Verb(
            "adjust",
            (_CODE, Input("direction", "direction", required=False)),
            ("strength", "component", "from_layer", "to_layer"),
            validate="check_adjust",
            coded=True,
        ),
        "erase": _recipe("erase", MASK),
        "edit": _recipe("edit", Input("edited", "picture"), MASK, _KNOWN),
        "stylize": _recipe("stylize", Input("style", "picture"), MASK, _KNOWN),
        "mix": _recipe("mix", Input("other", "photo"), MASK, _KNOWN),
    },
    imports=("*.pkl", "*.pt", "*.pth"),
    imports_file=True,
    exports=True,
    encodes=True,
    starts=True,
    efforts=True,
    neutral={"fake_penalty": 0.0, "beta1": 0.0, "loss": "logistic", "resample": "filtered"},
    layered="layered",
    style_space="style_space",
)
