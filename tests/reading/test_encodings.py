"""Japanese and Western European CSVs without a byte order mark are told apart by their texts, or not at all."""

import random

import pytest

from lookalikes.reading.encodings import decode

_FAMILY = """
佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田 佐々木 松本 井上 木村 林 清水
斎藤 森
"""
FAMILY = _FAMILY.split()
_GIVEN = """
さくら 太郎 花子 健一 ひろし ケンジ 美咲 翔太 愛 エミ 直樹 ゆうき 真由美 大輔 葵
"""
GIVEN = _GIVEN.split()
_JAPANESE = """
これでバレない？ 猫 犬 かわいい、ね！ 東京タワー ラーメン大盛り 「ありがとう」 男 女 新品・未使用
3月5日 Tシャツ A型 ｶﾀｶﾅ ﾃｽﾄﾃﾞｰﾀ 株式会社テスト あ 全角ＡＢＣ 写真を撮る 不明 その他
北海道札幌市 美しい夕焼け 楽器～ギター
"""
JAPANESE = _JAPANESE.split()
_WESTERN = """
Käse Größe Straße München Übung weiß Äpfel Öl für schön Fuß GRÖSSE Ärzte café crème élève garçon où
Noël cœur déjà à forêt niño año señor ¿Qué? mañana corazón ação coração não pão smörgåsbord åka
bjørn blåbær æble cat’s goat’s don’t “quoted” naïve façade Zoë 5€ 20° ½ it’s — 10–12 São Málaga
Århus L’été Ñandú
"""
WESTERN = _WESTERN.split()
PLAIN = ["cat", "dog", "red", "big", "house", "1,5", "IMG", "", "x1", "label"]


def make_csv(words: list[str], seed: int) -> str:
    """Some rows of names and texts, of which two in five have something that ASCII lacks, and one at least."""
    chance = random.Random(seed)
    lines = ["file;name;text", f"0.jpg;{chance.choice(words)};{chance.choice(words)}"]
    for row in range(1, chance.randint(1, 40)):
        values = [chance.choice(words if chance.random() < 0.4 else PLAIN) for _ in range(2)]
        lines.append(";".join([f"{row}.jpg", *values]))
    return "\n".join(lines)


def names() -> list[str]:
    return [f"{family}{gap}{given}" for family in FAMILY for given in GIVEN for gap in ("", " ", "　")]


@pytest.mark.parametrize(
    "words, encoding", [(JAPANESE + names(), "cp932"), (WESTERN, "cp1252")], ids=["Japanese", "Western"]
)
def test_of_two_hundred_made_up_csvs_none_is_read_in_the_other_encoding(words, encoding):
    right, doubted = 0, []
    for seed in range(200):
        text = make_csv(words, seed)
        try:
            assert decode(text.encode(encoding), "t.csv") == (text, encoding)
            right += 1
        except ValueError as error:
            assert "--encoding" in str(error)
            doubted.append(text)
    assert right >= 190, doubted


@pytest.mark.parametrize("word", WESTERN)
def test_a_western_word_alone_is_never_read_as_japanese(word):
    text = f"file,text\n0.jpg,{word}\n"
    try:
        assert decode(text.encode("cp1252"), "t.csv")[0] == text
    except ValueError as error:
        assert "--encoding" in str(error)


@pytest.mark.parametrize("word", [*JAPANESE, *FAMILY, *GIVEN])
def test_a_japanese_word_alone_is_never_read_as_western(word):
    text = f"file,text\n0.jpg,{word}\n"
    try:
        assert decode(text.encode("cp932"), "t.csv")[0] == text
    except ValueError as error:
        assert "--encoding" in str(error)


@pytest.mark.parametrize(
    "text, encoding",
    [("файл,кошка\n0.jpg,собака\n", "cp1251"), ("file,t\n0.jpg,Élan été À\n", "mac_roman"), ("文件,猫\n", "gb18030")],
)
def test_other_encodings_are_refused_and_read_where_named(text, encoding):
    data = text.encode(encoding)
    with pytest.raises(ValueError, match=r"t\.csv .*save it as UTF-8, or name its encoding, --encoding NAME"):
        decode(data, "t.csv")
    assert decode(data, "t.csv", encoding) == (text, encoding)


def test_an_encoding_that_is_none_or_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="encoding must be one that Python knows, such as cp1252 or cp932, got 'nope'"):
        decode(b"a", "t.csv", "nope")
    with pytest.raises(ValueError, match=r"t\.csv can't be read as ascii .see byte 3, in line 2"):
        decode("a,\né".encode(), "t.csv", "ascii")
