"""pandas: records as a table of pictures, and as one of answers."""

from __future__ import annotations

import io
import json
import time

from engines import Setting


def main() -> None:
    setting = Setting(__doc__, ("pandas",))
    import pandas

    text = "".join(line + "\n" for line in setting.whole)
    started = time.monotonic()
    pictures = pandas.read_json(io.StringIO(text), lines=True, dtype=False, precise_float=True)
    seconds = time.monotonic() - started
    rows = pictures.astype(object).where(pictures.notna(), None).to_dict("records")
    lines = [json.dumps(row, sort_keys=True) for row in rows]
    whole = [json.dumps(json.loads(line), sort_keys=True) for line in setting.whole]
    setting.compare("read_json", lines, seconds, whole)

    # A row for each answer; a picture that failed has none.
    good = pictures[pictures.predictions.notna()].explode("predictions", ignore_index=True)
    answers = good[["path"]].join(pandas.json_normalize(good.predictions))
    expected = sum(len(json.loads(line)["predictions"] or []) for line in setting.whole)
    setting.expect(f"{expected} answers", len(answers) == expected)
    best = answers.drop_duplicates("path")
    print(best.label.value_counts().to_string())
    setting.expect("each good picture has a best label", len(best) == len(set(good.path)))

    command = [*setting.command[:-2], "--csv", "-k1"]
    table = "\n".join(setting.of_one_process(setting.paths, *command))
    frame = pandas.read_csv(io.StringIO(table))
    failed = sum(json.loads(line)["error"] is not None for line in setting.whole)
    setting.expect("CSV has the same errors", int(frame.error.notna().sum()) == failed)
    setting.end()


if __name__ == "__main__":
    main()
