"""Conversations: what a message is, how a follow-up is completed, and whole transcripts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from qa import Archive, Reply, dialogue, exchange, followup
from qa.conversation import Conversation, Evidence
from qa.filters import filter_of
from qa.measure.rows import check_hits, check_reply
from qa.retriever import Scored

PAGES = {
    "a.txt": (
        "柳湾大桥通车\n\n■记者 王一\n\n本报讯 柳湾大桥昨天通车,全长860米。大桥由青禾路桥公司承建,双向六车道。"
        "施工历时三年,高峰时有四百人同时作业。两岸居民过江不必再等渡船。\n\n大桥总投资3亿元,由市交通局筹措。\n\n"
        "梅园花展开幕\n\n■记者 李二\n\n本报讯 梅园花展今天开幕,门票20元。花展由梅园管理处主办。\n\n"
        "花展总投资500万元,展出郁金香和牡丹。\n\n"
    ),
    "b.txt": (
        "市运动会闭幕\n\n■记者 陈三\n\n本报讯 2024年市运动会10月12日在城北体育馆闭幕,参赛选手共900人。\n\n"
        "跳远比赛一等奖有5人,二等奖有8人,三等奖有20人。2023年市运动会的参赛选手是700人。\n\n"
        "青禾路桥公司添设备\n\n■记者 赵四\n\n本报讯 青禾路桥公司上月买进两台架桥机。公司有员工320人。\n\n"
    ),
    "c.txt": "渡口停航\n\n■记者 周五\n\n本报讯 柳湾大桥由青禾路桥公司承建,渡口从今天起停航。\n\n",
}
BRIDGE, SHOW, GAMES, COMPANY = "柳湾大桥通车", "梅园花展开幕", "市运动会闭幕", "青禾路桥公司添设备"


@pytest.fixture(scope="module")
def papers(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    folder = tmp_path_factory.mktemp("papers")
    for name, text in PAGES.items():
        (folder / name).write_text(text, "utf-8")
    return Archive.open(folder)


@dataclass(frozen=True)
class Turn:
    """One turn of a transcript: what is asked, searched for, and quoted from where; no headline where nothing is."""

    question: str
    effective: str
    headline: str = ""
    paragraph: int = 0
    says: str = ""
    reason: str = ""
    also: int = 0


TRANSCRIPTS = {
    "pronouns, a named company, a new topic, an earlier one": [
        Turn("柳湾大桥有多长?", "柳湾大桥有多长?", BRIDGE, 0, "860米"),
        Turn("那总投资呢?", "柳湾大桥 那总投资呢?", BRIDGE, 1, "3亿元"),
        Turn("谢谢!", "谢谢!", reason="not_a_question"),
        Turn("它由哪家公司承建?", "柳湾大桥 它由哪家公司承建?", BRIDGE, 0, "青禾路桥公司", also=1),
        Turn("这家公司有多少员工?", "青禾路桥公司有多少员工?", COMPANY, 0, "320人"),
        Turn("梅园花展门票多少钱?", "梅园花展门票多少钱?", SHOW, 0, "20元"),
        Turn("总投资多少?", "梅园花展 总投资多少?", SHOW, 1, "500万元"),
        Turn("谁主办?", "梅园花展 谁主办?", SHOW, 0, "梅园管理处"),
        Turn("回到大桥,施工历时多久?", "大桥,施工历时多久?", BRIDGE, 0, "三年"),
    ],
    "a topic left in so many words": [
        Turn("梅园花展门票多少钱?", "梅园花展门票多少钱?", SHOW, 0, "20元"),
        Turn("好的。换个话题,跳远一等奖有几人?", "跳远一等奖有几人?", GAMES, 1, "5人"),
        Turn("换个话题", "换个话题", reason="not_a_question"),
        Turn("那大桥的总投资呢?", "那大桥的总投资呢?", BRIDGE, 1, "3亿元"),
    ],
    "a year corrected, then only a question word": [
        Turn("2024年市运动会的参赛选手有多少人?", "2024年市运动会的参赛选手有多少人?", GAMES, 0, "900人"),
        Turn("不,我问的是2023年的", "2023年市运动会的参赛选手有多少人?", GAMES, 1, "700人"),
        Turn("2024年市运动会在哪里闭幕?", "参赛选手 2024年市运动会在哪里闭幕?", GAMES, 0, "城北体育馆"),
        Turn("什么时候?", "参赛选手 2024年市运动会什么时候闭幕?", GAMES, 0, "10月12日"),
    ],
    "not this but that, and one more of the kind": [
        Turn("跳远比赛一等奖有几人?", "跳远比赛一等奖有几人?", GAMES, 1, "5人"),
        Turn("不是一等奖,是二等奖", "跳远比赛二等奖有几人?", GAMES, 1, "8人"),
        Turn("那三等奖呢?", "跳远比赛三等奖有几人?", GAMES, 1, "20人"),
    ],
    "another one, where both places were cited at once": [
        Turn("柳湾大桥由谁承建?", "柳湾大桥由谁承建?", BRIDGE, 0, "青禾路桥公司", also=1),
        Turn("还有吗?", "柳湾大桥由谁承建?", reason="not_stated"),
    ],
    "reading on to the end of the article": [
        Turn("柳湾大桥有多长?", "柳湾大桥有多长?", BRIDGE, 0, "860米"),
        Turn("详细说说", "柳湾大桥有多长?", BRIDGE, 0, "大桥由青禾路桥公司承建,双向六车道。"),
        Turn("继续", "柳湾大桥有多长?", BRIDGE, 1, "大桥总投资3亿元"),
        Turn("继续", "柳湾大桥有多长?", reason="not_stated"),
        Turn("谁筹措的总投资?", "柳湾大桥 谁筹措的总投资?", BRIDGE, 1, "市交通局"),
    ],
    "English": [
        Turn("How long is the Liuwan bridge?", "How long is the Liuwan bridge?", BRIDGE, 0, "860米"),
        Turn("what about the total investment?", "柳湾 what about the total investment?", BRIDGE, 1, "3亿元"),
        Turn("thanks a lot", "thanks a lot", reason="not_a_question"),
    ],
    "nothing to lean on": [
        Turn("不,我问的是柳湾大桥的总投资", "柳湾大桥的总投资", BRIDGE, 1, "3亿元"),
        Turn("你好", "你好", reason="not_a_question"),
    ],
}


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_transcript(papers: Archive, name: str) -> None:
    talk = papers.conversation()
    for turn in TRANSCRIPTS[name]:
        reply = talk.ask(turn.question)
        assert (reply.question, reply.effective_question) == (turn.question, turn.effective)
        assert (reply.answered, reply.reason) == (not turn.reason, turn.reason), turn.question
        check_hits(turn.question, reply.hits)
        check_reply(turn.question, reply)
        if reply.quote is not None:
            hit = reply.hits[reply.quote.hit]
            assert (hit.article.headline, hit.passage.paragraph) == (turn.headline, turn.paragraph), turn.question
            assert turn.says in reply.quote.text
            assert f"《{turn.headline}》第{turn.paragraph + 1}段" in reply.citation
            assert len(reply.also) == turn.also


def quoted(reply: Reply) -> str:
    assert reply.quote is not None
    return reply.quote.text


def test_another_one_is_never_the_same_and_ends(archive: Archive) -> None:
    """On the sample pages two articles' companies hold the same title; each is shown once, then there is no more."""
    talk = archive.conversation()
    said = [quoted(talk.ask("获评国家级专精特新“小巨人”的是哪家企业?"))]
    reply = talk.ask("还有吗?")
    while reply.answered:
        assert reply.quote is not None and reply.quote.hit == 0
        check_hits("another", reply.hits)
        check_reply("another", reply)
        said.append(quoted(reply))
        assert len(said) < 10
        reply = talk.ask("还有别的企业吗?")
    assert len(said) == len(set(said)) >= 2
    assert all("专精特新" in text for text in said[:2])
    assert reply.reason == "not_stated"


def test_the_same_fact_in_two_articles_is_cited_twice(papers: Archive) -> None:
    reply = papers.ask("柳湾大桥由哪家公司承建?")
    assert reply.quote is not None
    cited = [reply.hits[one.hit].article.headline for one in (reply.quote, *reply.also)]
    assert sorted(cited) == sorted([BRIDGE, "渡口停航"])
    assert all("青禾路桥公司" in one.text for one in reply.also)
    # 20元 stands in one article alone.
    assert papers.ask("梅园花展门票多少钱?").also == ()


def test_reset_forgets(papers: Archive) -> None:
    talk = papers.conversation()
    talk.ask("梅园花展门票多少钱?")
    talk.reset()
    assert talk.ask("那总投资呢?").effective_question == "那总投资呢?"


def test_a_filter_holds_for_its_turn_and_for_another_one(papers: Archive) -> None:
    talk = papers.conversation()
    only = filter_of(source="a.txt")
    reply = talk.ask("柳湾大桥由谁承建?", where=only)
    assert {hit.page.source for hit in reply.hits} == {"a.txt"} and reply.filters
    again = talk.ask("还有吗?")
    assert {hit.page.source for hit in again.hits} == {"a.txt"} and again.filters == reply.filters
    assert "b.txt" in {hit.page.source for hit in talk.ask("参赛选手有多少人?").hits}


@pytest.mark.parametrize("first", ["梅园花展门票多少钱?", "柳湾大桥有多长?", "青禾路桥公司有多少员工?"])
def test_a_new_topic_is_not_dragged_back(papers: Archive, first: str) -> None:
    talk = papers.conversation()
    talk.ask(first)
    reply = talk.ask("2024年市运动会的参赛选手有多少人?")
    assert reply.effective_question == "2024年市运动会的参赛选手有多少人?"
    assert reply.answer_text == "900人"


def test_sample_questions_after_another_topic(archive: Archive) -> None:
    """Every tenth sample question, asked after one about another article, is searched for as it stands."""
    import json

    data = Path(__file__).parent / "data" / "questions.jsonl"
    asked = [json.loads(line) for line in data.read_text("utf-8").splitlines()][::10]
    kept = 0
    for before, question in zip(asked, [*asked[1:], asked[0]], strict=True):
        talk = archive.conversation()
        talk.ask(before["question"])
        kept += talk.ask(question["question"]).effective_question == question["question"]
    assert kept >= len(asked) - 1


def test_evidence() -> None:
    here, twice, none = Evidence(2.0, 1.0), Evidence(4.0, 1.0), Evidence(0.0, 0.0)
    assert here.lags(twice) == 1.0  # 2 * (4 - 2) / 4
    assert here.lags(Evidence(2.0, 3.0)) == 1.0  # 0.5 * (3 - 1)
    assert here.lags(here) == 0.0 and twice.lags(here) == -2.0
    assert none.lags(none) == here.lags(none) == 0.0


@pytest.mark.parametrize(
    ("message", "kind", "text"),
    [
        ("谢谢", "pleasantry", "谢谢"),
        ("好的，谢谢您！", "pleasantry", "好的，谢谢您！"),
        ("Thanks!", "pleasantry", "Thanks!"),
        ("谢谢!那总投资呢?", "question", "那总投资呢?"),
        ("好人好事有哪些?", "question", "好人好事有哪些?"),
        ("早餐多少钱?", "question", "早餐多少钱?"),
        ("换个话题", "switch", ""),
        ("换个话题,社保打哪个电话?", "question", "社保打哪个电话?"),
        ("另外问一下,驿站在哪个街道?", "question", "驿站在哪个街道?"),
        ("还有吗？", "another", "还有吗？"),
        ("还有别的社区吗?", "another", "还有别的社区吗?"),
        ("還有嗎?", "another", "還有嗎?"),
        ("第二条", "another", "第二条"),
        ("anything else?", "another", "anything else?"),
        ("还有哪些企业参加?", "question", "还有哪些企业参加?"),
        ("其他企业有哪些?", "question", "其他企业有哪些?"),
        ("详细说说", "more", "详细说说"),
        ("能说得具体一点吗?", "more", "能说得具体一点吗?"),
        ("tell me more", "more", "tell me more"),
        ("继续教育怎么报名?", "question", "继续教育怎么报名?"),
        ("不锈钢管用在哪里?", "question", "不锈钢管用在哪里?"),
        ("不，我问的是2024年的", "correction", "2024年的"),
        ("不对,是9月", "correction", "9月"),
        ("No, I meant the second prize", "correction", "the second prize"),
        ("不是所有企业都来了吗?", "question", "不是所有企业都来了吗?"),
        ("回到食堂,它何时开张?", "question", "食堂,它何时开张?"),
    ],
)
def test_what_a_message_is(message: str, kind: str, text: str) -> None:
    read = dialogue.read(message)
    assert (read.kind, read.text) == (kind, text)


def test_parts_of_a_message() -> None:
    assert dialogue.read("换个话题,社保打哪个电话?").switched
    assert dialogue.read("刚才说的食堂几点开门?").back
    assert dialogue.read("还有别的社区吗?").noun == "社区" and dialogue.read("any other companies?").noun == "companies"
    assert dialogue.read("不是甲队,是乙队").old == "甲队"
    assert (
        dialogue.depends("他写过几篇?") and dialogue.depends("那总投资呢?") and dialogue.depends("when was it built?")
    )
    assert not dialogue.depends("总投资多少?") and not dialogue.depends("其他企业有哪些?".removeprefix("其他"))


def test_bare_and_elliptic_questions() -> None:
    assert exchange.is_bare("什么时候?") and exchange.is_bare("多少人") and exchange.is_bare("and how many?")
    assert not exchange.is_bare("谁拍的?") and not exchange.is_bare("大桥有多长?")
    assert exchange.is_elliptic("谁拍的?") and not exchange.is_elliptic("照片谁拍的?")
    assert not exchange.is_elliptic("大桥")  # asks nothing


def test_exchanged() -> None:
    assert exchange.exchanged("运动会在哪里举行?", "什么时候?") == "运动会什么时候举行?"
    assert exchange.exchanged("谁主持了会议?", "多少人?") == "主持了会议 多少人?"
    assert exchange.exchanged("Which bank gave the loan?", "when?") == "bank gave the loan when?"


@pytest.mark.parametrize(
    ("last", "new", "old", "expected"),
    [
        ("2023年的产量是多少?", "2024年的", "", "2024年的产量是多少?"),
        ("院里2025年5月发布了什么?", "9月", "", "院里2025年9月发布了什么?"),
        ("甲队有几人?", "乙队", "甲队", "乙队有几人?"),
        ("跳远二等奖有几人?", "三等奖", "", "跳远三等奖有几人?"),
        ("《山歌》的作者是谁?", "《水调》", "", "《水调》的作者是谁?"),
        ("南湖区有几家企业?", "秀洲区", "", "秀洲区有几家企业?"),
        ("大桥有多长?", "2024年", "", None),  # there is no year to replace
        ("《山歌》的作曲是谁?", "总投资", "", None),
    ],
)
def test_replaced(last: str, new: str, old: str, expected: str | None) -> None:
    assert exchange.replaced(last, new, old) == expected


def test_resolved() -> None:
    assert exchange.resolved("这家公司有多少人?", ("大桥由青禾路桥公司承建",)) == "青禾路桥公司有多少人?"
    assert exchange.resolved("这家公司有多少人?", ("桥有多长?",)) == "这家公司有多少人?"
    assert exchange.resolved("该园区何时挂牌?", ("", "南湖园区去年扩容")) == "南湖园区何时挂牌?"
    assert exchange.resolved("应该带什么?", ("带证件",)) == "应该带什么?"


def test_complete() -> None:
    assert followup.complete("总投资多少?", ("大桥", "通车")) == "大桥 通车 总投资多少?"
    assert followup.complete("大桥何时通车?", ("大桥", "通车")) == "大桥何时通车?"
    # Another year than the topic's.
    assert followup.complete("2024年在哪里办?", ("2023年花展", "市民")) == "花展 市民 2024年在哪里办?"


def test_with_own() -> None:
    """Row 1 is of the topic: half of what its own question gives, half of what the completed one gave."""
    found = [Scored(0, 3.0, {"conversation": 0.0}), Scored(1, 2.0, {"conversation": 0.6})]
    out = followup.with_own(found, {1: 5.0})
    assert [(scored.row, scored.score) for scored in out] == [(1, pytest.approx(3.8)), (0, 3.0)]  # (2 + 5 + .6) / 2
    assert out[0].features["own"] == pytest.approx(1.8)
    assert followup.with_own(found, {}) == found


def test_too_long_and_empty(papers: Archive) -> None:
    talk: Conversation = papers.conversation()
    talk.ask("柳湾大桥有多长?")
    assert talk.ask("").reason == "not_a_question" and talk.ask("问" * 2001).reason == "too_long"
    assert talk.ask("那总投资呢?").effective_question == "柳湾大桥 那总投资呢?"
