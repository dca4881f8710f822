"""The page's own source, kept in it: so that a browser can write the page again with other verdicts."""

import base64
import re
import zlib

from lookalikes.showing.rendering import read_plain

_PIECE = re.compile(read_plain("pieces.regex"), re.VERBOSE)


def pack(html: str) -> str:
    """A page, zlib's deflate in base64, with a zero byte for each piece that a browser has as it is: pictures in
    `data:` addresses, and JSON.
    """
    bare = _PIECE.sub(lambda piece: f"{piece[1] or piece[2]}\0", html)
    return base64.b64encode(zlib.compress(bare.encode("utf-8", "surrogateescape"), 9)).decode()


def enclose_source(html: str, mark: str) -> str:
    """The page with itself packed in the place of the mark; zero bytes go, which no page may have."""
    before, _, after = html.replace("\0", "").rpartition(mark)
    return f"{before}{pack(before + after)}{after}"
