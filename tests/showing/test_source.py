"""The page's own source is packed in it, but for what a browser has as it is."""

import base64
import re
import zlib

from lookalikes.showing.source import enclose_source, pack

PLACE = '<script class="lk-source" type="application/json">'
PAGE = f'<p title="a > b">é\udce9 data:</p><img alt="x" src="data:image/webp;base64,AAAA" width="2">{PLACE}</script>'


def unpack(packed):
    return zlib.decompress(base64.b64decode(packed)).decode("utf-8", "surrogateescape")


def test_pictures_and_json_are_left_out_and_all_else_is_there():
    assert unpack(pack(PAGE)) == PAGE.replace("data:image/webp;base64,AAAA", "\0").replace(PLACE, f"{PLACE}\0")


def test_the_page_and_its_source_make_each_other():
    whole = enclose_source(PAGE.replace("data:<", "data:\0<").replace(PLACE, f"{PLACE}a mark"), "a mark")
    packed = re.search(rf"{PLACE}([^<]*)<", whole)[1]
    assert whole == PAGE.replace(PLACE, PLACE + packed)
    pieces = iter(["data:image/webp;base64,AAAA", packed])
    assert re.sub("\0", lambda _: next(pieces), unpack(packed)) == whole
