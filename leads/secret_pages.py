"""Pages at secret addresses: the secret in the address is all the authority there is.

Programs open the links of mails before people do, so that GET and HEAD change
nothing; each change is a button. Nobody is logged in, so no other token is
needed.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from config import site
from config.http import form_page

View = Callable[..., HttpResponse]


def guarded(view: View) -> View:
    """Keep the address of `view` to whoever has it.

    No copy is kept, no search engine lists it, and no link on it tells another
    site its address.
    """

    def answered(request: HttpRequest, *args: object, **parts: str) -> HttpResponse:
        response = view(request, *args, **parts)
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return csrf_exempt(form_page(require_http_methods(["GET", "HEAD", "POST"])(answered)))


def page(
    request: HttpRequest, template: str, context: dict[str, object], *, status: int = 200
) -> HttpResponse:
    """Render `template`, which says nothing of its own address."""
    # What programs read in the head of a page must not hold its secret.
    address = site.absolute(reverse("leads:consultation"))
    return render(request, template, context | {"canonical_url": address}, status=status)
