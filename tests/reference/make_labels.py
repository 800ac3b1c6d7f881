"""Make assets/imagenet_labels.tsv and assets/imagenet21k_labels.tsv from timm's lists.

    python tests/reference/make_labels.py

Both have a header and one line per class in the order of the checkpoints' classes:
``wnid<TAB>label``. The label is the first synonym of timm's lemma; where several
classes of the same list share it, it is all synonyms. In ImageNet-21k these can
still be the same (``flip``, twice), and only the WordNet id tells them apart.

The table of ImageNet-21k, as Google ordered it, has a third column: 1 for the
11821 classes of ImageNet-12k, which keep that order, and 0 for the others.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import timm

from common import ASSETS

LISTS = Path(timm.__file__).parent / "data" / "_info"


def read_lines(name: str) -> list[str]:
    """The lines of one of timm's lists."""
    return (LISTS / name).read_text(encoding="utf-8").splitlines()


def labels(synsets: list[str], lemmas: dict[str, str]) -> list[str]:
    """The readable names of these classes, in order."""
    first_synonyms = [lemmas[wnid].split(", ")[0] for wnid in synsets]
    uses = Counter(first_synonyms)
    return [first if uses[first] == 1 else lemmas[wnid] for wnid, first in zip(synsets, first_synonyms)]


def write_table(name: str, header: str, *columns: list[str]) -> None:
    """Write tab-separated columns under a header."""
    lines = [header, *("\t".join(row) for row in zip(*columns, strict=True))]
    path = ASSETS / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    repeated = {label: count for label, count in Counter(columns[1]).items() if count > 1}
    print(f"wrote {name}: {len(columns[0])} classes, {path.stat().st_size} bytes", end=", ")
    print(f"{len(repeated)} labels name {sum(repeated.values())} classes")


def main() -> None:
    lemmas = dict(line.split("\t") for line in read_lines("imagenet_synset_to_lemma.txt"))
    classes = read_lines("imagenet_synsets.txt")
    write_table("imagenet_labels.tsv", "wnid\tlabel", classes, labels(classes, lemmas))

    classes, part = read_lines("imagenet21k_goog_synsets.txt"), read_lines("imagenet12k_synsets.txt")
    in_part = set(part)
    if [wnid for wnid in classes if wnid in in_part] != part:
        raise SystemExit("ImageNet-12k's classes are not a part of ImageNet-21k's in the same order")
    flags = [str(int(wnid in in_part)) for wnid in classes]
    write_table("imagenet21k_labels.tsv", "wnid\tlabel\tin_12k", classes, labels(classes, lemmas), flags)


if __name__ == "__main__":
    main()
