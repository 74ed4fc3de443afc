"""What COCO-GAN's functions take and give."""

from calotype.declaration import PHOTO, Input, System, Verb

_GUIDE = Input("guide", "picture", required=False)

SYSTEM = System(
    learns=("image",),
    verbs={
        "sample": Verb("sample", (_GUIDE,), ("size", "seed", "strength"), validate="check_sample"),
        "interpolate": Verb("interpolate", (), ("seed", "to_seed", "frames", "along"), output="film"),
        "panorama": Verb("panorama", (), ("size", "seed", "turn"), check="check_round", validate="check_panorama"),
        "expand": Verb(
            "expand",
            (PHOTO,),
            ("margins", "seed"),
            cost="expanding_cost",
            cost_by="margins",
            check="check_expands",
        ),
    },
    efforts=True,
    layered="layered",
)
