"""Markdown gives the newspaper's grammar what plain text gives it: titles, bylines and whole paragraphs."""

from __future__ import annotations

import time
from pathlib import Path

from format_kit import FIRE, MARKET, asides, check_two_articles, page, paragraphs

from corpus.errors import PagesError
from corpus.formats import extract

MARKDOWN = f"""# 禾风小报

## 老菜场换新颜

■记者 **王一** 通讯员 李小满

{MARKET[0][:20]}
{MARKET[0][20:]}

{MARKET[1].replace("便民小屋", "[便民小屋](https://example.org/a)")}

![居民在新菜场里挑菜。](a.jpg)
■摄影 记者 赵二

## 小学生走进消防站
■记者 孙五

{FIRE[0]}

{FIRE[1]}
"""


def test_markdown_articles(tmp_path: Path) -> None:
    found = page(tmp_path, "page.md", MARKDOWN)
    check_two_articles(found)
    (photo,) = (article for article in found.articles if article.kind == "photo")
    assert paragraphs(photo) == ("居民在新菜场里挑菜。",) and photo.photographers == ("赵二",)


def test_markdown_in_gb18030_is_noted() -> None:
    found = extract(MARKDOWN.encode("gb18030"), "page.md")
    assert found.text == extract(MARKDOWN.encode(), "page.md").text
    assert found.notes == ("page.md is not in UTF-8; it was read as GB18030 (detected).",)


def test_markdown_blocks() -> None:
    source = (
        "- 甲\n- 乙 *重*\n  1. 丙\n\n> 引文第一行\n> 第二行\n\n| 项目 | 数 |\n|---|---|\n| 摊位 | 60 |\n\n"
        "```\na = 1\n  b\n```\n\n一行  \n硬断<br>再断 &amp; `代码` <b>粗</b><!-- 注 --><script>var x</script>\n\n"
        "<div>块<p>里</p><script>y</script></div>\n\n***\n\n[x]: /url\n末段[x]\n"
    )
    assert extract(source.encode(), "a.md").text == (
        "甲\n乙 重\n丙\n\n引文第一行第二行\n\n项目\t数\n摊位\t60\n\na = 1\nb\n\n一行\n硬断\n"
        "再断 & 代码 粗\n\n块\n\n里\n\n末段x\n"
    )


def test_front_matter_is_an_aside_and_its_title_the_headline() -> None:
    head = "---\ntitle: '老菜场换新颜'\ntags: !!python/object/apply:os.system [ls]\n---\n"
    found = extract(f"{head}{MARKET[0]}\n".encode(), "a.md")
    assert asides(found) == ["title: '", "tags: !!python/object/apply:os.system [ls]"]
    assert "\n老菜场换新颜\n" in found.text
    titled = extract(f"{head}# 菜场\n\n{MARKET[0]}\n".encode(), "a.md")
    assert len(titled.asides) == 3 and titled.text.endswith(f"菜场\n\n{MARKET[0]}\n")
    # a rule at the start is no front matter
    assert extract("---\n\n开头。\n\n---\n\n结尾。".encode(), "a.md").text == "开头。\n\n结尾。\n"


def test_markdown_that_nests_without_end() -> None:
    start = time.process_time()
    for source in (
        ">" * 200_000 + "x",
        "- " * 20_000 + "x",
        "[" * 100_000,
        "*" * 100_000 + "x",
        "<div>" * 100_000 + "x",
    ):
        try:
            extract(source.encode(), "deep.md")
        except PagesError as error:
            assert "deep.md" in str(error)
    assert time.process_time() - start < 20
