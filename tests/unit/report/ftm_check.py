"""Checks entities with the followthemoney package: run by a Python that has it, `ftm_check.py FILE MODEL`.

Every line must be valid and come back as it was, but for blanks and quotes around names, which the package
takes away; the file with the names of the model must fit the package.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from followthemoney import model  # type: ignore[import-not-found]  # not in the environment of the tests


def trimmed(entity: dict[str, Any]) -> dict[str, list[str]]:
    """Gives the properties without blanks and quotes around values."""
    return {
        name: [" ".join(v.strip("\"'").split()) for v in values]
        for name, values in entity["properties"].items()
    }


def main(entities: Path, names: Path) -> int:
    """Prints what is wrong and gives the number of entities checked."""
    checked = 0
    for line in entities.read_text(encoding="utf-8").splitlines():
        entity = json.loads(line)
        model.get(entity["schema"]).validate(entity)
        proxy = model.get_proxy(json.loads(line), cleaned=False)
        assert trimmed(proxy.to_dict()) == trimmed(entity), entity["schema"]
        assert not proxy.get("topics", quiet=True)
        checked += 1
    for name, known in json.loads(names.read_text(encoding="utf-8"))["schemata"].items():
        schema = model.get(name)
        real = {p.name: f"entity:{p.range.name}" if p.range else p.type.name
                for p in schema.properties.values() if not p.stub}  # fmt: skip
        assert (sorted(schema.names), sorted(schema.required)) == (known["is"], known["required"]), name
        assert real == known["properties"], name
    sys.stdout.write(f"{checked}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), Path(sys.argv[2])))
