"""What the functions of the model of identity and pose take and give."""

from calotype.declaration import Input, System, Verb

SYSTEM = System(
    learns=("image", "partner", "pose", "pose_partner"),
    verbs={
        "repose": Verb(
            "repose",
            (
                Input("identity", "clip"),
                Input("pose", "clip", required=False),
                Input("to_identity", "clip", required=False),
                Input("to_pose", "clip", required=False),
            ),
            ("frames", "score"),
            cost_by="count",
            validate="check_repose",
        )
    },
    efforts=True,
    codes="codes",
    needs="needs",
)
