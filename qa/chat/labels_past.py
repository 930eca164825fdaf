"""What the list of kept conversations says."""

from __future__ import annotations

from typing import Final

CHINESE: Final[dict[str, str]] = {
    "past": "我的对话",
    "past_new": "新对话",
    "past_hint": "只记在这个浏览器里，只记问题；打开时，在现在的版面里重新查找。最多30个对话，每个最多20问。",
    "past_rename": "改名",
    "past_name": "对话的名称",
    "past_save": "保存",
    "past_cancel": "取消",
    "past_delete": "删除",
    "past_delete_all": "全部删除",
    "past_sure": "删除对话“{name}”？删除后不能恢复。",
    "past_sure_all": "删除这个浏览器里记下的所有对话？删除后不能恢复。",
    "past_opened": "已打开对话：{name}",
    "past_deleted": "已删除对话：{name}",
    "past_full": "这个浏览器不让记下对话，关闭窗口后就没有了。",
}

ENGLISH: Final[dict[str, str]] = {
    "past": "My conversations",
    "past_new": "New conversation",
    "past_hint": "Kept in this browser only, and only the questions: opened again, they are looked up in the pages as "
    "they are now. At most 30 conversations with 20 questions each.",
    "past_rename": "Rename",
    "past_name": "Name of the conversation",
    "past_save": "Save",
    "past_cancel": "Cancel",
    "past_delete": "Delete",
    "past_delete_all": "Delete all",
    "past_sure": "Delete the conversation “{name}”? It cannot be brought back.",
    "past_sure_all": "Delete all conversations kept in this browser? They cannot be brought back.",
    "past_opened": "Conversation opened: {name}",
    "past_deleted": "Conversation deleted: {name}",
    "past_full": "This browser does not let conversations be kept; this one goes when the window is closed.",
}
