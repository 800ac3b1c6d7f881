"""DuckDB: the parts of a run to one Parquet file, which holds what they hold."""

from __future__ import annotations

import json
import subprocess
import time

from engines import Setting

# `error` is null in most records and `predictions` in the others: to say what they are is safer than
# to let DuckDB look at the first records.
COPY = """
copy (
    select * from read_json('part-*.jsonl', columns = {
        path: 'varchar', model: 'varchar',
        predictions: 'struct(label varchar, score double, "index" int, wnid varchar)[]',
        error: 'struct(kind varchar, message varchar)'})
) to 'labels.parquet'
"""


def main() -> None:
    setting = Setting(__doc__, ("duckdb",))
    import duckdb

    folder = setting.scratch()
    for part in range(1, 5):
        command = [*setting.command, "-r", str(setting.folder), "--shard", f"{part}/4"]
        command += ["-o", f"part-{part}.jsonl", "--keep-going"]
        subprocess.run(command, cwd=folder, check=True)
    database = duckdb.connect()
    database.execute(f"set file_search_path = '{folder}'")
    started = time.monotonic()
    database.execute(COPY.replace("'labels.", f"'{folder}/labels."))
    seconds = time.monotonic() - started
    rows = database.execute(f"select to_json(x) from '{folder}/labels.parquet' x").fetchall()
    setting.compare("to Parquet", [canonical(row) for row, in rows], seconds, [
        canonical(line) for line in setting.whole
    ])
    query = f"select error.kind, count(*) from '{folder}/labels.parquet' group by 1 order by 1"
    found = dict(database.execute(query).fetchall())
    failed = sum(json.loads(line)["error"] is not None for line in setting.whole)
    setting.expect(f"{failed} errors are found", found == {"decode": failed, None: 800 - failed})
    query = f"select count(*) from '{folder}/labels.parquet' where predictions[1].label = 'fish'"
    count = database.execute(query).fetchone()[0]
    print(f"pictures of a fish: {count}")
    # Without columns DuckDB finds them itself; where no record failed, `error` is there all the same.
    good = folder / "good"
    good.mkdir()
    lines = [line for line in setting.whole if json.loads(line)["error"] is None]
    (good / "part-1.jsonl").write_text("".join(line + "\n" for line in lines))
    query = f"select count(*) from '{good}/*.jsonl' where error is null"
    count = database.execute(query).fetchone()[0]
    setting.expect("`error` is a column where nothing failed", count == len(lines))
    setting.end()


def canonical(record: str) -> str:
    """In one way, whatever the digits."""
    return json.dumps(json.loads(record), sort_keys=True)


if __name__ == "__main__":
    main()
