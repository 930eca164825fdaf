"""Chinese names in English questions."""

import itertools

import pytest

from qa.romanised import Romanised

TEXT = "区长王志军与吴锋到凤桥镇看西安来的长乐队,若尔盖的李娜说绿茶好。"
PAIRS = {a + b for a, b in itertools.pairwise(TEXT)}


@pytest.fixture
def names():
    return Romanised(TEXT, PAIRS.__contains__, lambda word: word in ("凤桥",)).names


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("What did Wang Zhijun demand?", {"wang zhijun": ("王志军",)}),
        ("What did Zhijun Wang demand?", {"zhijun wang": ("王志军",)}),
        ("Where is Fengqiao Town?", {"fengqiao": ("凤桥",)}),
        ("Who is Wu Feng's boss?", {"wu feng": ("吴锋",)}),
        ("Is Ruo'ergai far?", {"ruo'ergai": ("若尔盖",)}),
        ("Who is Li Na?", {"li na": ("李娜",)}),
        ("Is Lücha good?", {"lücha": ("绿茶",)}),
        ("Is Lvcha good?", {"lvcha": ("绿茶",)}),
        ("Who leads Changle?", {"changle": ("长乐",)}),  # 长 and 乐 have two readings each
        ("Is Xi'an big?", {"xi'an": ("西安",)}),
        ("Is Xian big?", {"xian": ("西安",)}),
        ("Who is Zhou Ming?", {}),  # not printed
        ("Which bank gave the money?", {}),
        ("who is wang zhijun?", {}),  # no name without capitals
        ("Who is Wu?", {}),  # one character is no name
    ],
)
def test_names_are_found_where_the_pages_print_them(names, question, found):
    assert names(question) == found


def test_a_word_of_the_pages_wins_over_characters_that_only_stand_side_by_side():
    pairs = {"奉桥", "凤桥"}
    both = Romanised("凤奉桥", pairs.__contains__, lambda word: False)
    assert set(both.names("Fengqiao")["fengqiao"]) == pairs
    one = Romanised("凤奉桥", pairs.__contains__, {"凤桥"}.__contains__)
    assert one.names("Fengqiao") == {"fengqiao": ("凤桥",)}


def test_a_long_run_of_letters_is_no_burden():
    many = Romanised("啊安昂恩儿哦欧", lambda pair: True, lambda word: False)
    assert many.names("A" + "na" * 500) == {}
    assert len(many.names("Ananan").get("ananan", ())) <= 20
