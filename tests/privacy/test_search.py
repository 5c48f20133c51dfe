"""How text is cut for searching."""

from kefu.privacy import search


def test_chinese_is_cut_into_pairs_and_the_last_character() -> None:
    assert search.bigrams("没收到") == ["没收", "收到", "到"]
    assert search.bigrams("急") == ["急"]


def test_words_and_numbers_stay_whole_in_lower_case() -> None:
    assert search.bigrams("WD-1120-087 件") == ["wd", "1120", "087", "件"]
    assert search.bigrams("iPhone15 Ａ3") == ["iphone15", "a3"]


def test_numbers_under_three_digits_are_left_out() -> None:
    assert search.bigrams("12 件 123") == ["件", "123"]
    assert search.query_lexemes("12") == []


def test_each_lexeme_is_kept_once() -> None:
    assert search.bigrams("急急急") == ["急急", "急"]


def test_punctuation_emoji_and_stars_are_no_lexemes() -> None:
    assert search.bigrams("！？😀 ' \\ & | :* \x00") == []


def test_full_width_letters_and_digits_are_found_by_plain_ones() -> None:
    assert search.bigrams("ＡＢＣ１２３") == search.bigrams("abc123")


def test_lexemes_are_bounded_in_number_and_length() -> None:
    many = "".join(chr(0x4E00 + number) for number in range(8_000))

    assert len(search.bigrams(many)) == 4_000
    assert search.bigrams("a" * 1_000) == ["a" * 64]
    assert len(search.query_lexemes("".join(chr(0x4E00 + number) for number in range(500)))) == 32


def test_every_query_within_a_text_finds_it() -> None:
    text = "显示签收，三天没收到WD1120件"
    lexemes = set(search.bigrams(text))

    for query in ("签收", "三天没收到", "没收到wd1120", "显示 件"):
        for lexeme in search.query_lexemes(query):
            assert lexeme in lexemes or (
                len(lexeme) == 1 and any(one.startswith(lexeme) for one in lexemes)
            )


def test_a_query_is_quoted_and_all_of_it_counts() -> None:
    assert search.tsquery("没收到 WD") == "'没收' & '收到' & 'wd'"
    assert search.tsquery("急") == "'急':*"
    assert search.tsquery("a' | 'b") == "'a' & 'b'"
    assert search.tsquery("12 !") == ""
