"""Models in the store, and how they are named in messages."""

from calotype.tasks import model_store


def test_a_model_is_typed_by_its_name_in_the_store_and_else_by_its_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path / "cache"))
    assert model_store.typed(model_store.root() / "faces-stylegan-1") == "faces-stylegan-1"
    assert model_store.typed(tmp_path / "my models" / "net") == f"'{tmp_path}/my models/net'"
