from authors.models import Author, AuthorQuerySet
from config.sitemaps import SiteSitemap


class AuthorSitemap(SiteSitemap):
    def items(self) -> AuthorQuerySet:
        return Author.objects.visible()
