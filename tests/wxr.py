"""Exports of WordPress, written for tests: an item is what the test says about it."""

from html import escape

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel>
<title>The old site</title>
<link>https://old.example</link>
<language>en-US</language>
<wp:base_site_url>https://old.example</wp:base_site_url>
<wp:base_blog_url>https://old.example</wp:base_blog_url>
<wp:author><wp:author_login>ines_login</wp:author_login>
<wp:author_email>ines@secret.example</wp:author_email>
<wp:author_display_name><![CDATA[Ines Carvalho]]></wp:author_display_name></wp:author>
<wp:category><wp:category_nicename>hardware</wp:category_nicename>
<wp:category_parent></wp:category_parent></wp:category>
<wp:category><wp:category_nicename>gpu</wp:category_nicename>
<wp:category_parent>hardware</wp:category_parent></wp:category>
"""
COMMENT = """<wp:comment><wp:comment_id>1</wp:comment_id>
<wp:comment_author>Carl Commenter</wp:comment_author>
<wp:comment_author_email>carl@secret.example</wp:comment_author_email>
<wp:comment_author_IP>203.0.113.77</wp:comment_author_IP>
<wp:comment_content><![CDATA[<category>Sneaky</category> I was here.]]></wp:comment_content>
</wp:comment>"""


def cdata(text: str) -> str:
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


def item(number: int, title: str, content: str = "A text.", **said: str) -> str:
    """An item; `said` names elements such as status, type, link, date, and `meta_…` fields."""
    kind = said.get("type", "post")
    slug = said.get("slug", title.lower().replace(" ", "-"))
    meta = "".join(
        f"<wp:postmeta><wp:meta_key>{name.removeprefix('meta')}</wp:meta_key>"
        f"<wp:meta_value>{cdata(value)}</wp:meta_value></wp:postmeta>"
        for name, value in said.items()
        if name.startswith("meta")
    )
    link = said.get("link", f"https://old.example/2020/01/{slug}/")
    return f"""<item>
<title>{cdata(title)}</title>
<link>{escape(link)}</link>
<pubDate>{said.get("pub", "Thu, 02 Jan 2020 03:04:05 +0000")}</pubDate>
<dc:creator>{said.get("creator", "ines_login")}</dc:creator>
<content:encoded>{cdata(content)}</content:encoded>
<excerpt:encoded>{cdata(said.get("excerpt", ""))}</excerpt:encoded>
<wp:post_id>{number}</wp:post_id>
<wp:post_date>{said.get("date", "2020-01-02 03:04:05")}</wp:post_date>
<wp:post_date_gmt>{said.get("gmt", "2020-01-02 03:04:05")}</wp:post_date_gmt>
<wp:post_name>{slug}</wp:post_name>
<wp:status>{said.get("status", "publish")}</wp:status>
<wp:post_parent>{said.get("parent", "0")}</wp:post_parent>
<wp:post_type>{kind}</wp:post_type>
<wp:post_password>{said.get("password", "")}</wp:post_password>
<wp:attachment_url>{said.get("url", "")}</wp:attachment_url>
{said.get("terms", "")}{meta}{said.get("comments", "")}
</item>
"""


def tag(name: str, nicename: str = "", domain: str = "post_tag") -> str:
    nicename = nicename or name.lower()
    return f'<category domain="{domain}" nicename="{nicename}">{cdata(name)}</category>'


def export(*items: str) -> str:
    return f"{HEAD}{''.join(items)}</channel></rss>\n"
