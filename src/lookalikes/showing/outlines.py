"""Where a part differs: outlines on the pictures of a gallery, and the words for it."""

from typing import Any

from lookalikes.hashing.views import TURNS
from lookalikes.judging.orienting import Box
from lookalikes.judging.parts import Part
from lookalikes.judging.second_look import KINDS
from lookalikes.words import format_share, join, say

_ROWS = ("top", "middle", "bottom")
_COLUMNS = ("left", "centre", "right")
_FULL, _EVEN = 98, 0.03  # % of a side; of it


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


def tell_view(member: dict[str, Any]) -> str:
    """What was done to one of the pair, as far as the view at which they matched tells; empty where there is none."""
    if member["view"] is None or member["shared"] is None:
        return ""
    orientation = abs(member["view"]) % TURNS
    told = [say(f"turned.{orientation + 1}")] if orientation else []
    sizes = [(100 * (right - left), 100 * (bottom - top)) for left, top, right, bottom in member["shared"]]
    (width, height), own = sizes
    if min(width, height) < _FULL and min(own) >= _FULL:
        told.append(say("view.cropped", width=width, height=height))
    elif min(width, height) >= _FULL and min(own) < _FULL:
        told.append(_tell_frame(member["shared"][1]))
    elif min(width, height, *own) < _FULL:
        told.append(say("view.shared", width=own[0], height=own[1]))
    return join(told)


def _tell_frame(box: Box) -> str:
    left, top, right, bottom = box
    width, height = 100 * (right - left), 100 * (bottom - top)
    if max(abs(left + right - 1), abs(top + bottom - 1)) < _EVEN and max(width, height) < _FULL:
        across, down = (100 - width) / 2, (100 - height) / 2
        key = "view.border" if f"{across:.0f}" == f"{down:.0f}" else "view.border.uneven"
        return say(key, share=across) if key == "view.border" else say(key, width=across, height=down)
    return say("view.framed", width=width, height=height)


def outline(members: list[dict[str, Any]]) -> None:
    """Give each member of one cluster or pair its `outlines`: in per cent of the picture, where a part of it differs
    from its partner's and, in the partner, where that is.
    """
    by_name = {(member["fold"], member["filename"]): member for member in members}
    for member in members:
        member["outlines"] = []
    for member in members:
        if member["view"] is not None and member["shared"] is not None:
            partner = by_name.get((member["partner_fold"], member["partner"]))
            for each, box in zip((partner, member), member["shared"], strict=True):
                if each is not None and 100 * min(box[2] - box[0], box[3] - box[1]) < _FULL:
                    each["outlines"].append(_place(box))
        if (part := member["part"]) is not None:
            member["outlines"] += map(_place, part.other_boxes)
            if (partner := by_name.get((member["partner_fold"], member["partner"]))) is not None:
                partner["outlines"] += [box for box in map(_place, part.boxes) if box not in partner["outlines"]]


def _place(box: Box) -> dict[str, float]:
    left, top, right, bottom = (round(100 * end, 2) for end in box)
    return {"left": left, "top": top, "width": round(right - left, 2), "height": round(bottom - top, 2)}
