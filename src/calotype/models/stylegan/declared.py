"""What StyleGAN's functions take and give."""

from calotype.declaration import PHOTO, Input, System, Verb

_CODE = Input("code", "latent")
_STRONG = ("strength", "threshold")

SYSTEM = System(
    learns=("image",),
    verbs={
        "sample": Verb("sample", (), ("seed", "truncation", "mix", "mix_from", "label")),
        "interpolate": Verb("interpolate", (), ("seed", "to_seed", "frames", "truncation", "label"), output="film"),
        "embed": Verb(
            "embed",
            (PHOTO,),
            ("method", "space", "steps", "noise_steps", "start", "seed", "label", "encoder", "preview"),
            cost="embedding_cost",
            cost_by="plan",
        ),
        "morph": Verb("morph", (Input("first", "latent"), Input("second", "latent")), ("frames",), output="film"),
        "crossover": Verb(
            "crossover",
            (Input("structure_code", "latent", argument="structure"), Input("style_code", "latent", argument="style")),
            ("from_layer",),
        ),
        "transfer": Verb("transfer", (_CODE, Input("before", "latent"), Input("after", "latent")), _STRONG),
        "adjust": Verb(
            "adjust",
            (_CODE, Input("direction", "latent", required=False)),
            ("strength", "component", "from_layer", "to_layer"),
        ),
    },
    imports=("*.pkl", "*.pt", "*.pth"),
    imports_file=True,
    exports=True,
    encodes=True,
    efforts=True,
)
