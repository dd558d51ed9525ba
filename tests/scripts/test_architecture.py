"""The picture of the architecture is what the imports are."""

from scripts import architecture


def test_the_picture_is_of_the_imports_as_they_are() -> None:
    assert architecture.PICTURE.read_text(encoding="utf-8") == architecture.picture()


def test_each_row_of_the_kernel_imports_only_from_those_under_it() -> None:
    rows = architecture.layers()
    row_of = {name: number for number, row in enumerate(rows) for name in row}
    graph = architecture.graph()

    assert {"jobs", "events", "tenancy"} <= row_of.keys()
    for name, row in row_of.items():
        module = f"kernel.{name}"
        for one in (module, *graph.find_descendants(module)):
            for target in graph.find_modules_directly_imported_by(one):
                if target.startswith("kernel.") and not f"{target}.".startswith(f"{module}."):
                    assert row_of[target.split(".")[1]] > row, f"{one} imports {target}"
