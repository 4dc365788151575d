"""An issue as plain data becomes mail (HTML and text), web HTML, and a template joined per reader.

Owns how the publication looks and how it is encoded. Never reads a database, a clock or a setting. Letters to one
person are in ``rendering.letters``, the design tokens in ``rendering.design``.
"""

from service.rendering.content import IssueContent, ItemContent, NewsletterContent
from service.rendering.entries import LinkContent
from service.rendering.issue import RenderedIssue, render_issue
from service.rendering.template import CompiledTemplate, ReaderValues, compile_template
from service.rendering.web import render_contents_html, render_issue_page, render_item_html

__all__ = [
    "CompiledTemplate",
    "IssueContent",
    "ItemContent",
    "LinkContent",
    "NewsletterContent",
    "ReaderValues",
    "RenderedIssue",
    "compile_template",
    "render_contents_html",
    "render_issue",
    "render_issue_page",
    "render_item_html",
]
