"""Replies on a lead's page: one click sends a template, another opens its text first."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_http_methods, require_POST

from config import site
from config.http import key_of
from config.staff_admin import member_of_staff
from leads import replying, submission
from leads.admin.panels import Panel
from leads.models import Lead, Reply, ReplyTemplate
from leads.models.desk import LONGEST_REPLY
from leads.reply_texts import Filled, filled, left_in
from leads.replying import NotReplied

NEWEST = 20
"""Replies that a lead's page shows whole."""


class ReplyForm(forms.Form):
    """What is sent, word for word."""

    subject = forms.CharField(
        max_length=150,
        error_messages={
            "required": "Write what it is about: a mail without a subject looks like spam.",
            "max_length": "This is longer than a subject can be: 150 characters.",
        },
    )
    body = forms.CharField(
        label="Text",
        max_length=LONGEST_REPLY,
        widget=forms.Textarea(attrs={"rows": 14}),
        error_messages={
            "required": "Write the text of the reply.",
            "max_length": "This is longer than a reply can be: 10,000 characters.",
        },
    )

    def clean_subject(self) -> str:
        return _without_placeholders(self.cleaned_data["subject"])

    def clean_body(self) -> str:
        return _without_placeholders(self.cleaned_data["body"].replace("\r\n", "\n"))


def _without_placeholders(text: str) -> str:
    left = left_in(text)
    if left:
        raise forms.ValidationError(
            f"{', '.join(left)} would be sent just like that. Write what it stands for, "
            "or take it out."
        )
    return text


# The panel --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ready:
    """A template as it would go to one person."""

    template: ReplyTemplate
    text: Filled

    @property
    def can_go(self) -> bool:
        """Whether nothing has to be written or cut first."""
        sent = {"subject": self.text.subject, "body": self.text.body}
        return not self.text.missing and ReplyForm(sent).is_valid()


def panel(user: User, lead: Lead) -> Panel | None:
    """What was written to `lead`, and what can be sent to them at once."""
    if not user.has_perm("leads.view_reply"):
        return None
    everything = Lead.objects.together(lead)
    written = Reply.objects.filter(lead__in=everything).select_related("by")[:NEWEST]
    context: dict[str, Any] = {
        "lead": lead,
        "language": dict(settings.LANGUAGES).get(lead.language, lead.language),
        "sent": replying.outcomes(written),
        "may_reply": user.has_perm("leads.add_reply"),
        "may_add_templates": user.has_perm("leads.add_replytemplate"),
        "refusal": replying.why_not(lead),
    }
    if context["may_reply"] and not context["refusal"]:
        ready = [
            Ready(each, filled(each, lead, user))
            for each in ReplyTemplate.objects.filter(is_active=True)
        ]
        context |= {
            "token": submission.issue(),
            "ready": _in(ready, lead.language, is_theirs=True),
            "others": _in(ready, lead.language, is_theirs=False),
        }
    return Panel("replies", "Replies", "admin/leads/lead/_replies.html", context)


def _in(ready: Iterable[Ready], language: str, *, is_theirs: bool) -> list[Ready]:
    return [each for each in ready if (each.template.language == language) == is_theirs]


# The pages --------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def lead_reply(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a reply, from the template that ?template= names or from nothing; POST sends it."""
    lead = _lead_for(request, pk)
    template = _template(request)
    if request.method == "POST":
        form = ReplyForm(request.POST)
        if form.is_valid() and _send(request, lead, form):
            return redirect(_page_of(lead))
        text = None
    else:
        text = filled(template, lead, member_of_staff(request)) if template else None
        first = {"subject": text.subject, "body": text.body} if text else {"subject": _again(lead)}
        form = ReplyForm(initial=first)
    context = {
        **admin.site.each_context(request),
        "title": "Write a reply",
        "opts": Lead._meta,
        "lead": lead,
        "form": form,
        "refusal": replying.why_not(lead),
        "missing": text.missing if text else {},
        "templates": [] if template or form.is_bound else _templates(lead),
        "token": _token(request),
    }
    return TemplateResponse(request, "admin/leads/lead/reply.html", context)


@require_POST
def reply_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a reply that was given up once more."""
    _require_reply(request)
    reply = get_object_or_404(Reply.objects.select_related("lead"), pk=pk)
    if replying.try_again(reply):
        messages.success(request, f"The reply to {reply.lead.name} is sent once more.")
    else:
        messages.info(request, "Nothing was done: this reply was sent, or it is being tried.")
    return redirect(_page_of(reply.lead))


def _send(request: HttpRequest, lead: Lead, form: ReplyForm) -> bool:
    """Send what `form` holds; False if the form has to say something first."""
    token, text = request.POST.get("token", ""), form.cleaned_data
    try:
        submission.age(token)
        replying.reply(
            lead,
            subject=text["subject"],
            body=text["body"],
            by=member_of_staff(request),
            mark=submission.mark(token, text),
        )
    except submission.FormExpired:
        form.add_error(None, "This page was open for a day. Please send the reply once more.")
        return False
    except NotReplied:
        # The page says why, and keeps what was written.
        return False
    messages.success(request, f"Your reply goes to {lead.email}. Below you see when it is sent.")
    return True


def _token(request: HttpRequest) -> str:
    """The one that was sent as long as it is good, so that a second click is known."""
    token = request.POST.get("token", "")
    try:
        submission.age(token)
    except submission.FormExpired:
        return submission.issue()
    return token


def _template(request: HttpRequest) -> ReplyTemplate | None:
    key = key_of(request.GET.get("template", ""))
    return get_object_or_404(ReplyTemplate, pk=key) if key else None


def _templates(lead: Lead) -> list[ReplyTemplate]:
    """What a reply can begin with, those in the language of `lead` first."""
    active = ReplyTemplate.objects.filter(is_active=True)
    return sorted(active, key=lambda each: each.language != lead.language)


def _again(lead: Lead) -> str:
    """Return what a reply from nothing is about: it answers the mail that they got first."""
    with translation.override(lead.language):
        told = render_to_string(
            "leads/mail/confirmation_subject.txt", {"site": site.current()}
        ).strip()
    return f"Re: {told}"


def _lead_for(request: HttpRequest, pk: int) -> Lead:
    _require_reply(request)
    return get_object_or_404(Lead.objects.select_related("entry", "offer"), pk=pk)


def _require_reply(request: HttpRequest) -> None:
    if not request.user.has_perms(["leads.view_lead", "leads.add_reply"]):
        raise PermissionDenied


def _page_of(lead: Lead) -> str:
    return f"{reverse('admin:leads_lead_change', args=[lead.pk])}#replies"
