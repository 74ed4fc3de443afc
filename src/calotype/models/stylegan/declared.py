"""What StyleGAN's functions take and give."""

from calotype.declaration import System, Verb

SYSTEM = System(
    learns=("image",),
    verbs={"sample": Verb("sample", (), ("seed", "truncation", "mix", "mix_from", "label"))},
    imports=("*.pkl", "*.pt", "*.pth"),
    imports_file=True,
    efforts=True,
)
