"""Make assets/wordnet.tsv, what stands above ImageNet's classes, from WordNet 3.0.

    apt-get install wordnet-base
    python tests/reference/make_hierarchy.py [/usr/share/wordnet/data.noun]

A wnid is ``n`` and the synset's offset in data.noun (format: wndb(5WN)). The table has a header
and one line per synset in the order of the wnids: every class of assets/imagenet_labels.tsv and
imagenet21k_labels.tsv and all that stands above it as far as entity,
``wnid<TAB>parents<TAB>lemmas``. Parents are hypernyms and instance hypernyms, separated by commas,
in WordNet's order; lemmas are WordNet's words for it, separated by a comma and a space.

Also writes assets/WORDNET-LICENSE, which stands at the head of data.noun, and
tests/fixtures/hierarchy.json: how many classes of each list stand below some synsets. That is
counted from the top down by WordNet's other pointers, to hyponyms, so that it does not depend on
the table.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

from common import ASSETS, FIXTURES, save_json

DATA = "/usr/share/wordnet/data.noun"
COUNTED = [
    "n00001740",  # entity
    "n00015388",  # animal
    "n00017222",  # plant
    "n00007846",  # person
    "n00021939",  # artifact
    "n01503061",  # bird
    "n01726692",  # snake
    "n01861778",  # mammal
    "n02012849",  # crane, the bird
    "n02084071",  # dog
    "n02120997",  # feline
    "n02121808",  # domestic cat
    "n02159955",  # insect
    "n02512053",  # fish
    "n02958343",  # car
    "n03051540",  # clothing: below covering and below consumer goods
    "n03405725",  # furniture
    "n03800933",  # musical instrument
    "n04524313",  # vehicle
    "n04576211",  # wheeled vehicle: below vehicle and below container
    "n07555863",  # food
    "n07881800",  # beverage
    "n12992868",  # fungus
    "n13104059",  # tree
    "n13134947",  # fruit
]


class Synset(NamedTuple):
    """What a line of data.noun says."""

    lemmas: list[str]
    parents: list[str]
    children: list[str]


def read_synsets(lines: list[str]) -> dict[str, Synset]:
    """The nouns by wnid."""
    synsets = {}
    for line in lines:
        # Offset, file, kind, count of words (hexadecimal), words with their ids, count of pointers,
        # pointers of four fields each.
        fields = line.split(" | ")[0].split()
        end = 4 + 2 * int(fields[3], 16)
        lemmas = [word.replace("_", " ") for word in fields[4:end:2]]
        pointers = [fields[at : at + 4] for at in range(end + 1, end + 1 + 4 * int(fields[end]), 4)]
        parents = [f"n{offset}" for kind, offset, *_ in pointers if kind in ("@", "@i")]
        children = [f"n{offset}" for kind, offset, *_ in pointers if kind in ("~", "~i")]
        synsets[f"n{fields[0]}"] = Synset(lemmas, parents, children)
    return synsets


def reached(start: str, steps: dict[str, list[str]]) -> set[str]:
    """Where these steps lead, with the start."""
    found, waiting = set(), [start]
    while waiting:
        wnid = waiting.pop()
        if wnid not in found:
            found.add(wnid)
            waiting.extend(steps[wnid])
    return found


def read_rows(name: str) -> list[list[str]]:
    """The rows of a table of classes."""
    lines = (ASSETS / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines[1:]]


def read_classes() -> dict[str, set[str]]:
    """The wnids of ImageNet's lists."""
    more = read_rows("imagenet21k_labels.tsv")
    return {
        "1k": {row[0] for row in read_rows("imagenet_labels.tsv")},
        "12k": {wnid for wnid, _, in_12k in more if in_12k == "1"},
        "21k": {row[0] for row in more},
    }


def main() -> None:
    lines = Path(sys.argv[1] if len(sys.argv) > 1 else DATA).read_text(encoding="utf-8").splitlines()
    # Lines of the licence begin with two spaces and their number.
    licence = [line[4:].rstrip() for line in lines if line.startswith("  ")]
    synsets = read_synsets([line for line in lines if not line.startswith("  ")])
    lists = read_classes()

    up = {wnid: synset.parents for wnid, synset in synsets.items()}
    wanted = sorted(set().union(*(reached(wnid, up) for wnid in lists["1k"] | lists["21k"])))
    rows = [(wnid, ",".join(up[wnid]), ", ".join(synsets[wnid].lemmas)) for wnid in wanted]
    if any(lemma.count(",") for wnid in wanted for lemma in synsets[wnid].lemmas):
        raise SystemExit("a lemma holds a comma, which separates lemmas in the table")
    text = "\n".join("\t".join(row) for row in [("wnid", "parents", "lemmas"), *rows]) + "\n"
    (ASSETS / "wordnet.tsv").write_text(text, encoding="utf-8")
    (ASSETS / "WORDNET-LICENSE").write_text("\n".join(licence) + "\n", encoding="utf-8")
    print(f"wrote wordnet.tsv: {len(rows)} synsets, {len(text.encode())} bytes")

    down = {wnid: synset.children for wnid, synset in synsets.items()}
    counts = {}
    for wnid in COUNTED:
        below = reached(wnid, down)
        counts[wnid] = {"lemma": synsets[wnid].lemmas[0]} | {n: len(below & c) for n, c in lists.items()}
    save_json(counts, FIXTURES / "hierarchy.json")


if __name__ == "__main__":
    main()
