"""What a person decided: read from `decisions.csv`, matched to the images there are now, and obeyed by what follows."""

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lookalikes.clustering.packing import count_bits
from lookalikes.judging.across import merge_pairs, turn_round
from lookalikes.reading.encodings import decode
from lookalikes.reading.tables import parse_table, read_bytes
from lookalikes.words import join, make_visible, say, write

COLUMNS = ["fold", "filename", "hash", "decision", "with_fold", "with_filename", "decided_at"]
VERDICTS = ("keep", "drop", "different")
_HASH = r"[a-z]+\d+:[0-9a-f]+"
_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")


def read_decisions(path_or_text: str | Path) -> pd.DataFrame:
    """The verdicts of a `decisions.csv`, or of its text: `fold`, `filename`, `hash` (such as `phash64:ff00...`),
    `decision` (keep, drop or different), `with_fold` and `with_filename` (the other image of a different), `decided_at`
    (UTC).

    Each image, and each two images called different, once: the latest counts, of equally late ones the last. Raises
    ValueError that names the row, counted as a spreadsheet does, for anything else than a verdict.
    """
    if isinstance(path_or_text, str) and "\n" in path_or_text:
        name, text = say("decisions.text"), path_or_text
    else:
        name, text = os.path.basename(path_or_text), _read_text(str(path_or_text))
    table = pd.DataFrame(parse_table(text, name), dtype=object)
    if missing := [column for column in COLUMNS if column not in table]:
        raise ValueError(say("decisions.error.columns", file=name, missing=join(missing), all=join(COLUMNS)))
    table = table[COLUMNS]
    table["decision"] = table["decision"].str.strip().str.lower()
    table["hash"] = table["hash"].str.strip().str.lower()
    decided_at = pd.to_datetime(table["decided_at"].str.strip(), utc=True, format="ISO8601", errors="coerce")
    _check(table, decided_at, name)
    order = decided_at.argsort(kind="stable")
    table = table.assign(decided_at=decided_at).iloc[order].reset_index(drop=True)
    keys = pd.Series([_name_what(row) for row in table[COLUMNS[:6]].itertuples(index=False)], dtype=object)
    return table[~keys.duplicated(keep="last").to_numpy()].reset_index(drop=True)


def _read_text(path: str) -> str:
    """As UTF-8 where it is as the report wrote it, whatever bytes a name has; else as any CSV."""
    data = read_bytes(path)
    if data.startswith(",".join(COLUMNS).encode() + b"\n"):
        return data.decode("utf-8", "surrogateescape")
    return decode(data, os.path.basename(path))[0]


def _check(table: pd.DataFrame, decided_at: pd.Series, file: str) -> None:
    """Raise ValueError for the first row that is no verdict."""
    different = table["decision"] == VERDICTS[2]
    has_other = (table["with_fold"] != "") | (table["with_filename"] != "")
    itself = (table["fold"] == table["with_fold"]) & (table["filename"] == table["with_filename"])
    wrong = {
        "decision": ~table["decision"].isin(VERDICTS),
        "name": (table["fold"] == "") | (table["filename"] == ""),
        "hash": ~table["hash"].str.fullmatch(_HASH).astype(bool),
        "other": different & ((table["with_fold"] == "") | (table["with_filename"] == "")),
        "no_other": ~different & has_other,
        "itself": different & itself,
        "time": decided_at.isna(),
    }
    first = {reason: int(np.argmax(rows)) for reason, rows in wrong.items() if rows.any()}
    if first:
        reason, place = min(first.items(), key=lambda each: each[1])
        row = {name: make_visible(value) for name, value in table.iloc[place].items()}
        raise ValueError(say(f"decisions.error.{reason}", file=file, row=place + 2, **row))


def _name_what(row: Any) -> object:
    """What a verdict is about: one image, or two in whichever order."""
    name, other = (row.fold, row.filename), (row.with_fold, row.with_filename)
    return frozenset([name, other]) if row.decision == VERDICTS[2] else name


def match_decisions(hashed: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """`decisions` of `read_decisions` with `row` and `with_row`, row positions in `hashed` (-1 for none), and `reason`,
    why a verdict doesn't count (missing where it does): a verdict is known by its fold, file name and hash together.

    A name that would fit with the zeros that spreadsheets drop, or without the mark they put before a formula, is named
    in the reason, and doesn't count.
    """
    names = list(zip(hashed["fold"].tolist(), hashed["filename"].tolist(), strict=True))
    place = {name: row for row, name in enumerate(names)}
    rows, others = (
        [place.get(name, -1) for name in zip(decisions[fold].tolist(), decisions[filename].tolist(), strict=True)]
        for fold, filename in (("fold", "filename"), ("with_fold", "with_filename"))
    )
    kind, hashes = f"phash{count_bits(hashed)}:", hashed["hash"].fillna("").tolist()
    near: dict[tuple[str, str], list[int]] | None = None
    reasons: list[str | None] = []
    for row, other, verdict in zip(rows, others, decisions.itertuples(index=False), strict=True):
        two = verdict.decision == VERDICTS[2]
        if row < 0 or (two and other < 0):
            near = _index_loosely(names) if near is None else near
            name = (verdict.fold, verdict.filename) if row < 0 else (verdict.with_fold, verdict.with_filename)
            likely = near.get(_loosen(*name), [])
            meant = write("decision.zeros", name="/".join(names[likely[0]])) if len(likely) == 1 else None
            reasons.append(meant or write("decision.unknown"))
        elif not verdict.hash.startswith(kind):
            reasons.append(write("decision.other_hash"))
        else:
            reasons.append(None if verdict.hash == kind + hashes[row] else write("decision.changed"))
    matched = decisions.assign(row=np.array(rows, np.int64), with_row=np.array(others, np.int64))
    return matched.assign(reason=pd.Series(reasons, index=decisions.index, dtype=object))


def _loosen(fold: str, filename: str) -> tuple[str, str]:
    """Without leading zeros in its numbers, as a spreadsheet leaves a name."""
    fold, filename = (text.removeprefix("'") for text in (fold, filename))
    return _ZEROS.sub("", fold), _ZEROS.sub("", filename)


def _index_loosely(names: list[tuple[str, str]]) -> dict[tuple[str, str], list[int]]:
    index: dict[tuple[str, str], list[int]] = {}
    for row, name in enumerate(names):
        index.setdefault(_loosen(*name), []).append(row)
    return index


def find_verdicts(hashed: pd.DataFrame, decisions: pd.DataFrame | None) -> tuple[np.ndarray, np.ndarray]:
    """What counts of the decisions: of each row of `hashed` its verdict, keep, drop or None; and the pairs of rows
    (n×2, the earlier first) that were called different.
    """
    verdict = np.full(len(hashed), None, object)
    if decisions is None:
        return verdict, np.zeros((0, 2), np.int64)
    matched = match_decisions(hashed, decisions)
    matched = matched[matched["reason"].isna()]
    two = matched["decision"] == VERDICTS[2]
    verdict[matched.loc[~two, "row"]] = matched.loc[~two, "decision"]
    return verdict, np.sort(matched.loc[two, ["row", "with_row"]].to_numpy(np.int64), axis=1)


def apply_decisions(clusters: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """`clusters` with `decision` (keep, drop, or missing) and `decided`: whether a person is done with the image's
    cluster, in which each image was decided of, or called different from every other one.

    So a cluster comes back when an image that wasn't there has joined it, or when a picture in it has changed.
    """
    verdict, apart = find_verdicts(clusters, decisions)
    cluster = clusters["cluster_id"].to_numpy()
    within = apart[cluster[apart[:, 0]] == cluster[apart[:, 1]]]
    count = np.bincount(np.unique(within, axis=0).ravel(), minlength=len(clusters))
    size = clusters.groupby("cluster_id")["cluster_id"].transform("size").to_numpy()
    done = pd.Series(verdict).notna() | ((count == size - 1) & (size > 1))
    decided = done.groupby(cluster).transform("all").to_numpy(bool)
    return clusters.assign(decision=verdict, decided=decided)


def cut_pairs(
    hashed: pd.DataFrame, pairs: pd.DataFrame, apart: np.ndarray, *, of: pd.DataFrame | None = None
) -> pd.DataFrame:
    """`pairs` of `find_pairs`, or those `of` them that are of interest, without the ones called different, as
    `find_verdicts` tells them `apart`; and with all others of the images named so.

    `find_pairs` names only the first image of each hash: so of an image that a verdict names, the pairs with equal
    hashes, and with all that have a neighbour's hash, are put back first. A verdict takes away its own pair alone.
    """
    of = pairs if of is None else of
    return drop_pairs(merge_pairs(of, _put_back(hashed, pairs, np.unique(apart))), apart) if len(apart) else of


def drop_pairs(pairs: pd.DataFrame, apart: np.ndarray) -> pd.DataFrame:
    """The pairs without those of `apart`, rows of n×2."""
    if not len(apart):
        return pairs
    cut = pd.MultiIndex.from_arrays(apart.T, names=["earlier", "later"])
    return pairs[~pd.MultiIndex.from_frame(pairs[["earlier", "later"]]).isin(cut)].reset_index(drop=True)


def _put_back(hashed: pd.DataFrame, pairs: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    """All pairs of these rows with any image: of equal hashes at distance 0, of neighbours at theirs."""
    alike = pd.factorize(hashed["hash"])[0]
    named = pd.DataFrame({"row": rows, "hash": alike[rows]})
    members = pd.DataFrame({"other": np.arange(len(alike)), "hash": alike})
    near = pd.concat([pairs, turn_round(pairs, np.ones(len(pairs), bool))], ignore_index=True)
    near = near.assign(hash=alike[near["earlier"]], other_hash=alike[near["later"]])
    near = near[near["hash"] != near["other_hash"]].drop(columns=["earlier", "later"])
    same = pairs.iloc[:0].drop(columns=["earlier", "later"]).reindex(range(len(named)))
    same = same.assign(distance=0, hash=named["hash"], other_hash=named["hash"]).drop_duplicates("hash")
    every = pd.concat([near, same], ignore_index=True)
    found = named.merge(every, on="hash").merge(members, left_on="other_hash", right_on="hash", suffixes=("", "_of"))
    found = found[found["row"] != found["other"]]
    found = found.rename(columns={"row": "earlier", "other": "later"})[list(pairs)].reset_index(drop=True)
    return turn_round(found, (found["earlier"] > found["later"]).to_numpy()).astype(pairs.dtypes)
