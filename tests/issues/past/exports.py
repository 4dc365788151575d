"""Exports as Substack and Ghost write them, made here: Latin, Cyrillic and Chinese posts, and those that stay out."""

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

COLUMNS = (
    *("post_id", "post_date", "is_published", "email_sent_at", "inbox_sent_at", "type", "audience", "title"),
    *("subtitle", "podcast_url"),
)
LATIN = """
<div class="captioned-image-container"><figure><a class="image-link image2" target="_blank"
href="https://cdn.test/large.jpeg"><div class="image2-inset"><picture><source type="image/webp" srcset="x 1w">
<img src="https://cdn.test/small.jpeg" data-attrs="{}" alt="The harbor at night" width="1456" height="819"></picture>
</div></a><figcaption class="image-caption">The harbor in 1911</figcaption></figure></div>
<p>The pilots keep a <strong>second log</strong>, and
<a href="https://pilots.test/log?page=2">it is public</a>.<a class="footnote-anchor"
data-component-name="FootnoteAnchorToDOM" id="footnote-anchor-1" href="#footnote-1" target="_self">1</a></p>
<h2>What the second log says</h2>
<blockquote><p>Nothing arrives on time but the tide.</p></blockquote>
<ul><li><p>the date</p></li><li><p>the wind</p></li></ul>
<div class="subscription-widget-wrap-editor" data-attrs="{}"><div class="subscription-widget show-subscribe">
<p class="cta-caption">Thanks for reading! Subscribe for free.</p></div></div>
<p class="button-wrapper" data-component-name="ButtonCreateButton"><a class="button primary"
href="%%checkout_url%%"><span>Subscribe now</span></a></p>
<div class="footnote" data-component-name="FootnoteToDOM"><a id="footnote-1" href="#footnote-anchor-1"
class="footnote-number" contenteditable="false" target="_self">1</a><div class="footnote-content">
<p>Volume <em>four</em> is lost.</p></div></div>
"""
CYRILLIC = """
<p>Письмо пришло в среду, когда на реке уже стоял лёд, и почтальон шёл по нему пешком.</p>
<h3>Что было в письме</h3><p>Три страницы о пароме и одна о погоде.</p>
<ol><li><p>паром</p></li><li><p>погода</p></li></ol>
"""
CHINESE = "<p>今天的信写得很长，因为渡船停了三天，码头上没有别的事情可做。</p><h2>码头</h2><p>灯还亮着。</p>"


def row(post_id: str, date: str, title: str, **others: str) -> dict[str, str]:
    """Return a line of posts.csv of a published post that everybody could read."""
    said = {"post_id": post_id, "post_date": date, "title": title, "is_published": "true", "audience": "everyone"}
    return {**dict.fromkeys(COLUMNS, ""), "type": "newsletter", **said, **others}


def pack_substack(path: Path, rows: Sequence[dict[str, str]], texts: Mapping[str, str | bytes]) -> Path:
    """Write an export of Substack; ``texts`` are the HTML of posts by their id."""
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("posts.csv", table.getvalue())
        for post_id, text in texts.items():
            archive.writestr(f"posts/{post_id}.html", text)
    return path


def write_substack(path: Path) -> Path:
    """Write three posts that come in, of two years and three scripts, and five that stay out."""
    rows = [
        row("140003.dlinnaya-zima", "2022-02-02T09:00:00.000Z", "Долгая зима", subtitle="О реке &amp; о льде"),
        row("140001.the-second-log", "2021-03-05T20:48:19.814Z", "The second log", subtitle="What pilots write down"),
        row("140002.ma-tou", "2021-11-30T23:30:00.000Z", "码头来信"),
        row("140004.not-yet", "2022-03-01T00:00:00.000Z", "Not yet", is_published="false"),
        row("140005.for-members", "2022-03-02T00:00:00.000Z", "For members", audience="only_paid"),
        row("140006.about", "2022-03-03T00:00:00.000Z", "About", type="page"),
        row("140007.lost", "2022-03-04T00:00:00.000Z", "Lost on the way"),
        row("140008.tomorrow", "2999-01-01T00:00:00.000Z", "Tomorrow"),
    ]
    texts: dict[str, str | bytes] = {
        "140001.the-second-log": LATIN,
        "140002.ma-tou": CHINESE,
        "140003.dlinnaya-zima": CYRILLIC,
        "140005.for-members": "<p>Secret.</p>",
        "140008.tomorrow": "<p>Not written yet.</p>",
    }
    return pack_substack(path, rows, texts)


def post(number: int, title: str, html: str | None, **others: Any) -> dict[str, Any]:
    """Return a row of Ghost's table of posts, published and public."""
    return {
        "id": f"60b9f1a2c0ffee000000{number:04d}",
        "uuid": f"00000000-0000-4000-8000-{number:012d}",
        "title": title,
        "slug": f"post-{number}",
        "html": html,
        "mobiledoc": None,
        "lexical": None,
        "feature_image": None,
        "type": "post",
        "status": "published",
        "visibility": "public",
        "published_at": f"2020-0{number}-15T08:00:00.000Z",
        "custom_excerpt": None,
        "canonical_url": None,
        **others,
    }


def pack_ghost(path: Path, posts: Sequence[dict[str, Any]], **tables: Any) -> Path:
    """Write an export of Ghost with these rows."""
    data = {"posts": list(posts), "posts_meta": [], "tags": [], "posts_tags": [], "users": [], "posts_authors": []}
    content = {"db": [{"meta": {"exported_on": 1753891082041, "version": "5.96.0"}, "data": {**data, **tables}}]}
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def write_ghost(path: Path) -> Path:
    """Write three posts that come in, one of them by two authors, and four that stay out."""
    greeting = '<p>Dear {first_name, "reader"}, see <a href="__GHOST_URL__/post-2/">the other one</a>.</p>'
    posts = [
        post(1, "A quiet quay", f"{greeting}<h2>Quay</h2><p>Nobody came, nobody left.</p>", custom_excerpt="On quays"),
        post(2, "Тихий причал", CYRILLIC, feature_image="__GHOST_URL__/content/images/2020/ice.jpg"),
        post(3, "安静的码头", CHINESE, status="sent"),
        post(4, "A draft", "<p>Draft.</p>", status="draft"),
        post(5, "Paid", "<p>Secret.</p>", visibility="paid"),
        post(6, "Lexical only", None, lexical='{"root":{}}'),
        post(7, "About", "<p>About us.</p>", type="page"),
    ]
    users = [{"id": "u1", "name": "Ilse Varga"}, {"id": "u2", "name": "Иван Петров"}]
    authors = [
        {"post_id": posts[0]["id"], "author_id": "u2", "sort_order": 1},
        {"post_id": posts[0]["id"], "author_id": "u1", "sort_order": 0},
        {"post_id": posts[1]["id"], "author_id": "u2", "sort_order": 0},
    ]
    return pack_ghost(path, posts, users=users, posts_authors=authors)
