"""Where a part differs: outlines on the pictures of a gallery, and the words for it."""

from typing import Any

from lookalikes.judging.orienting import Box
from lookalikes.judging.parts import Part
from lookalikes.judging.second_look import KINDS
from lookalikes.words import format_share, say

_ROWS = ("top", "middle", "bottom")
_COLUMNS = ("left", "centre", "right")


def tell_match(member: dict[str, Any]) -> str:
    """What an image of a gallery is to its partner: the kind, the score, where a part differs; empty where unknown."""
    kind, part = member["kind"], member["part"]
    if kind is None:
        return ""
    if part is not None:
        told = tell_part(part)
    else:
        told = say(f"kind.{kind}")
        told = say("member.score", kind=told, score=member["score"]) if kind in (KINDS[2], KINDS[-1]) else told
    return say("member.reframed", told=told) if member["reframed"] else told


def tell_part(part: Part) -> str:
    """Such as `a part differs: 4 %, bottom right`; the place is that of the largest difference."""
    if not part.boxes:
        return say("part.frames")
    left, top, right, bottom = part.boxes[0]
    row, column = (min(int(1.5 * (low + high)), 2) for low, high in ((top, bottom), (left, right)))
    share = format_share(round(1000 * part.share), 1000)
    return say("part.differs", share=share, place=say(f"place.{_ROWS[row]}-{_COLUMNS[column]}"))


def outline(members: list[dict[str, Any]]) -> None:
    """Give each member of one cluster or pair its `outlines`: in per cent of the picture, where a part of it differs
    from its partner's and, in the partner, where that is.
    """
    by_name = {(member["fold"], member["filename"]): member for member in members}
    for member in members:
        member["outlines"] = []
    for member in members:
        if (part := member["part"]) is not None:
            member["outlines"] += map(_place, part.other_boxes)
            if (partner := by_name.get((member["partner_fold"], member["partner"]))) is not None:
                partner["outlines"] += [box for box in map(_place, part.boxes) if box not in partner["outlines"]]


def _place(box: Box) -> dict[str, float]:
    left, top, right, bottom = (round(100 * end, 2) for end in box)
    return {"left": left, "top": top, "width": round(right - left, 2), "height": round(bottom - top, 2)}
