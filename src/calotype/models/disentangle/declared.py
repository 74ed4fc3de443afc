"""What the functions of robust disentangling take and give."""

from calotype.declaration import Input, System, Verb

SYSTEM = System(
    learns=("image", "partner"),
    verbs={
        "repose": Verb(
            "repose",
            (
                Input("identity", "clip"),
                Input("pose", "clip", required=False),
                Input("to_identity", "clip", required=False),
                Input("to_pose", "clip", required=False),
            ),
            ("frames", "seed"),
            cost_by="count",
        )
    },
    efforts=True,
    neutral={"least_signal": 0.0},
    codes="codes",
    needs="needs",
)
