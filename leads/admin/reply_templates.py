"""The desk's templates for replies: named placeholders only, and how the mail will read."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from config.staff_admin import member_of_staff
from glossary.models import Entry
from leads.models import Lead, Offer, ReplyTemplate
from leads.reply_texts import PLACEHOLDERS, filled, unknown

_NAMES = [f"{{{name}}}" for name in PLACEHOLDERS]
_THERE_ARE = f"{', '.join(_NAMES[:-1])} and {_NAMES[-1]}"


class ReplyTemplateForm(forms.ModelForm):
    class Meta:
        widgets = {
            "subject": forms.TextInput(attrs={"class": "vTextField"}),
            "body": forms.Textarea(attrs={"rows": 14, "class": "vLargeTextField"}),
        }

    def clean_subject(self) -> str:
        return _known(self.cleaned_data["subject"])

    def clean_body(self) -> str:
        return _known(self.cleaned_data["body"].replace("\r\n", "\n"))


def _known(text: str) -> str:
    wrong = unknown(text)
    if not wrong:
        return text
    said = ", ".join(f"“{each}”" for each in wrong)
    are = "is no placeholder" if len(wrong) == 1 else "are no placeholders"
    raise forms.ValidationError(f"{said} {are}. There are {_THERE_ARE}.")


@admin.register(ReplyTemplate)
class ReplyTemplateAdmin(admin.ModelAdmin):
    """Texts that sales send with one click from the page of a request."""

    form = ReplyTemplateForm
    list_display = ["name", "language", "subject", "is_active"]
    list_filter = ["language", "is_active"]
    list_per_page = 50
    search_fields = ["name", "subject", "body"]
    search_help_text = "Name, subject or text"
    fields = ["name", "language", "subject", "body", "is_active"]

    class Media:
        css = {"all": ["css/bookings.css", "css/replies.css"]}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        template = context.get("original")
        context["placeholders"] = PLACEHOLDERS.items()
        if template:
            stored = ReplyTemplate.objects.get(pk=template.pk)
            context["example"] = filled(
                stored, _somebody(stored.language), member_of_staff(request)
            )
        return super().render_change_form(request, context, *args, **kwargs)


def _somebody(language: str) -> Lead:
    """A request that nobody made, for the example."""
    offer = Offer.objects.filter(is_default=True).first() or Offer(
        name="Free consultation", is_default=True
    )
    return Lead(name="Paula Example", language=language, entry=Entry(term="Webhook"), offer=offer)
