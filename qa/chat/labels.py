"""What the chat window says, in Chinese and in English.

Fixed labels are translated by the browser through `gr.I18n`; whatever is written for one question is written on the
server, in the language of that request. Both take their words from here.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

from qa.chat import labels_pages, labels_past, labels_rooms, labels_window

Language = Literal["zh", "en"]

_CHINESE: Final[dict[str, str]] = {
    "title": "报问 Baowen",
    "tagline": "向报纸提问：只用报上印出的原句回答，句句注明出处",
    "conversation": "问答",
    "welcome": "请就这些版面提问。答案是报上印出的字句，一字不改；找不到时会直说。可以接着追问，比如“那总投资呢？”",
    "examples": "试着问一问：",
    "question": "问题",
    "placeholder": "输入问题，按回车发送",
    "send": "发送",
    "clear": "清空对话",
    "sources": "出处",
    "sources_empty": "提问之后，引用的段落会列在这里，答案在原句中标出。",
    "searching": "正在查找…",
    "failed": "出错了，这个问题没有查成。请再试一次；如果还是不行，请看日志（启动窗口里写着它的位置）。",
    "searched_as": "按此检索：",
    "edit": "修改",
    "only": "只看：",
    "only_date": "日期 {value}",
    "only_page": "第{value}版",
    "only_kind": "类别 {value}",
    "only_reporter": "{value}署名",
    "only_photographer": "{value}拍摄",
    "only_source": "文件 {value}",
    "nothing_left": "没有符合条件的段落。",
    "unknown_date": "有{n}个段落的日期不详。",
    "unknown_page": "有{n}个段落的版次不详。",
    "see_also": "另见",
    "nearest": "最接近的段落",
    "off_topic": "这些版面里没有这方面的内容。",
    "not_stated": "版面谈到了相关内容，但没有写明这一点。",
    "not_a_question": "没有看出要查什么。请写出一个问题，例如一个词、一个人名或一句话。",
    "too_long": "问题太长了：最多 2,000 个字。请缩短后再问。",
    "cards_answered": "引用的段落",
    "cards_also": "其他相关段落",
    "cards_nearest": "最接近的段落（没有找到答案）",
    "cards_none": "没有可列出的段落。",
    "for_question": "问：",
    "page": "第{page}版",
    "sheet": "第{n}页",
    "paragraph": "第{n}段",
    "caption": "图片说明",
    "headline": "标题",
    "byline": "署名",
    "jump": "转版标记",
    "index": "导读",
    "document": "文档",
    "reporters": "记者",
    "correspondents": "通讯员",
    "photographers": "摄影",
    "untitled": "（无标题）",
    "dates": "日期：",
    "goes_on": "转{place}《{headline}》",
    "comes_from": "接{place}《{headline}》",
    "citation": "引用格式",
    "copy": "复制",
    "copied": "已复制",
    "full_text": "查看全文",
    "preparing": "正在准备版面，好了就查这个问题…",
    "preparing_page": "正在准备版面，请稍候…",
    "busy": "现在提问的人太多，请过一会儿再问。",
    "slow": "这个问题查得太久，已经停下。请换个说法或过一会儿再问。",
    "closing": "服务正在停止，这个问题没有查。请稍后再问。",
    "left": "窗口已经关闭，这个问题没有查。",
    "too_often": "提问太快了，请过{seconds}秒再问。",
    "too_many_open": "前面的问题还没有答完，请等一等再问。",
    "no_address": "没有这个地址。",
    "no_method": "这个地址不能这样访问。",
    "no_json": "请求的内容应是一个 JSON 对象，其 data 是一列文字或数字。",
    "body_too_large": "请求太大：最多{most}KB。",
    "body_too_slow": "请求在{seconds}秒内没有传完。",
    "bad_key": "窗口编号应为6到64个字母、数字、- 或 _。",
    "not_yours": "这个窗口属于另一个浏览器。",
    "login": "登录",
    "logout": "退出登录",
    "login_name": "用户名",
    "login_password": "密码",
    "login_first": "请先登录。",
    "login_wrong": "用户名或密码不对。",
    "login_wait": "尝试次数太多，请过{minutes}分钟再试。",
    "no_article": "没有这篇文章，可能对应的版面已经移走。",
    "back": "返回问答",
}

_ENGLISH: Final[dict[str, str]] = {
    "title": "报问 Baowen",
    "tagline": "Ask the newspaper: answers only in sentences as printed, each with its source",
    "conversation": "Conversation",
    "welcome": "Ask about these pages. An answer is quoted as printed, never reworded; where there is none, "
    "you are told so. You can ask follow-up questions.",
    "examples": "Try asking:",
    "question": "Question",
    "placeholder": "Type a question and press Enter",
    "send": "Ask",
    "clear": "Clear",
    "sources": "Sources",
    "sources_empty": "After you ask, the cited passages appear here, with the answer marked in the printed sentence.",
    "searching": "Searching…",
    "failed": "Something went wrong and this question was not answered. Please try again; "
    "if it fails again, see the log, which the terminal that runs Baowen names.",
    "searched_as": "Searched as: ",
    "edit": "Edit",
    "only": "Only: ",
    "only_date": "date {value}",
    "only_page": "page {value}",
    "only_kind": "kind {value}",
    "only_reporter": "signed {value}",
    "only_photographer": "photographs by {value}",
    "only_source": "file {value}",
    "nothing_left": "No passage passes this filter.",
    "unknown_date": "The date of {n} passages is not known.",
    "unknown_page": "The newspaper page of {n} passages is not known.",
    "see_also": "See also",
    "nearest": "Nearest passages",
    "off_topic": "These pages hold nothing on this.",
    "not_stated": "The pages speak of this, but do not state that fact.",
    "not_a_question": "I could not tell what to look for. Please write a question: a word, a name or a sentence.",
    "too_long": "The question is too long: at most 2,000 characters. Please shorten it.",
    "cards_answered": "Cited passage",
    "cards_also": "Other related passages",
    "cards_nearest": "Nearest passages (no answer found)",
    "cards_none": "There is no passage to list.",
    "for_question": "Question: ",
    "page": "page {page}",
    "sheet": "sheet {n}",
    "paragraph": "paragraph {n}",
    "caption": "caption",
    "headline": "headline",
    "byline": "byline",
    "jump": "jump mark",
    "index": "index",
    "document": "document",
    "reporters": "Reporters:",
    "correspondents": "Correspondents:",
    "photographers": "Photographs:",
    "untitled": "(no headline)",
    "dates": "Dates: ",
    "goes_on": "Continues on {place}: {headline}",
    "comes_from": "Continued from {place}: {headline}",
    "citation": "Citation",
    "copy": "Copy",
    "copied": "Copied",
    "full_text": "Full text",
    "preparing": "The pages are being made ready; your question is looked up right after…",
    "preparing_page": "The pages are being made ready; one moment…",
    "busy": "Too many people are asking just now. Please ask again in a moment.",
    "slow": "This question took too long and was given up. Please word it differently, or ask again in a moment.",
    "closing": "The server is stopping; this question was not looked up. Please ask again later.",
    "left": "The window was closed; this question was not looked up.",
    "too_often": "You are asking too fast. Please ask again in {seconds} seconds.",
    "too_many_open": "Your earlier questions are still being answered. Please wait for them.",
    "no_address": "There is no such address.",
    "no_method": "This address cannot be asked in that way.",
    "no_json": "The request should hold a JSON object whose data is a list of texts or numbers.",
    "body_too_large": "The request is too large: at most {most} KB.",
    "body_too_slow": "The request did not arrive within {seconds} seconds.",
    "bad_key": "A window's key has 6 to 64 letters, digits, - or _.",
    "not_yours": "This window belongs to another browser.",
    "login": "Sign in",
    "logout": "Sign out",
    "login_name": "Name",
    "login_password": "Password",
    "login_first": "Please sign in first.",
    "login_wrong": "Name or password is wrong.",
    "login_wait": "Too many tries. Please try again in {minutes} minutes.",
    "no_article": "There is no such article; its page may have been removed.",
    "back": "Back to the conversation",
}

TEXTS: Final[dict[Language, dict[str, str]]] = {
    "zh": _CHINESE | labels_pages.CHINESE | labels_past.CHINESE | labels_rooms.CHINESE | labels_window.CHINESE,
    "en": _ENGLISH | labels_pages.ENGLISH | labels_past.ENGLISH | labels_rooms.ENGLISH | labels_window.ENGLISH,
}
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)


def language(accept_language: str | None) -> Language:
    """The language to write in, from a request's Accept-Language header: its first entry decides; English by default.

    >>> language("zh-TW,zh;q=0.9,en;q=0.8")
    'zh'
    """
    first = "" if accept_language is None else accept_language.split(",")[0].strip().lower()
    return "zh" if first == "zh" or first.startswith(("zh-", "zh;")) else "en"


def say(lang: Language, key: str, **values: object) -> str:
    """The text of `key`, with `{name}` filled in from `values`. Plain text: callers escape it.

    :raises KeyError: if there is no such key.
    """
    text = TEXTS[lang][key]
    return text.format(**values) if values else text


def translations() -> dict[str, dict[str, str]]:
    """The dictionaries for `gr.I18n`, by locale. What has a place to fill in, or is said on other pages than the
    window, stays on the server.
    """
    kept = ("pages_", "room_", "past")
    fixed = {
        lang: {key: text for key, text in TEXTS[lang].items() if "{" not in text and not key.startswith(kept)}
        for lang in LANGUAGES
    }
    return {"zh-CN": fixed["zh"], "zh-TW": fixed["zh"], "zh-HK": fixed["zh"], "zh": fixed["zh"], "en": fixed["en"]}
