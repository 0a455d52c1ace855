"""Which mails staff want: each for themselves, and administrators for everybody."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from config import site
from config.staff_admin import member_of_staff
from leads import digest
from leads.models import NoticeChoices

EVENTS = ("new_leads", "bookings", "cancellations", "failures")
FIELDS = (*EVENTS, "has_digest", "digest_hour")


class ChoicesForm(forms.ModelForm):
    """What one member of staff wants to hear of."""

    digest_hour = forms.TypedChoiceField(
        label="at",
        initial=7,
        coerce=int,
        choices=[(hour, f"{hour}:00") for hour in range(24)],
        help_text="By the site's clock.",
    )

    class Meta:
        model = NoticeChoices
        fields = FIELDS
        widgets = dict.fromkeys(EVENTS, forms.RadioSelect)
        labels = {
            "new_leads": "New requests",
            "bookings": "Bookings, confirmations and new times",
            "cancellations": "Cancelled, refused and expired bookings, and who did not come",
            "failures": "Mails that came back, and what could not be sent",
            "has_digest": "One mail a day",
        }
        help_texts = {
            "has_digest": "What waits for an answer, what is due, today's and tomorrow's "
            "talks, what is stuck: of what is yours or nobody's. On a day with nothing to "
            "say there is no mail."
        }

    def save(self, commit: bool = True) -> NoticeChoices:
        if {"has_digest", "digest_hour"} & set(self.changed_data):
            digest.begin(self.instance)
        return super().save(commit)


def mine(request: HttpRequest) -> HttpResponse:
    """The choices of whoever is logged in; nobody else's."""
    user = member_of_staff(request)
    choices = NoticeChoices.objects.filter(user=user).first() or _proposed(user)
    sent = request.POST if request.method == "POST" else None
    form = ChoicesForm(sent, instance=choices)
    may_see = user.has_perm("leads.view_lead")
    if may_see and form.is_valid():
        form.save()
        messages.success(request, "Saved. It holds from the next mail on.")
        return redirect("lead_desk:notifications")
    context = {
        **admin.site.each_context(request),
        "title": "My notifications",
        "form": form,
        "may_see": may_see,
        "is_chosen": choices.pk is not None,
        "in_group": user.email.casefold() in [each.casefold() for each in _group()],
        "zone": site.current().zone.key.replace("_", " "),
    }
    return TemplateResponse(request, "admin/leads/notices/mine.html", context)


def _proposed(user: User) -> NoticeChoices:
    """Nearest to what somebody hears who has not chosen yet: saving it loses nothing."""
    mine = NoticeChoices.Of.MINE
    return NoticeChoices(user=user, new_leads=mine, bookings=mine, cancellations=mine)


def _group() -> list[str]:
    return site.current().recipients


@admin.register(NoticeChoices)
class NoticeChoicesAdmin(admin.ModelAdmin):
    """Everybody's choices, for administrators; whoever is missing has never chosen."""

    form = ChoicesForm
    fields = ("user", *FIELDS)
    list_display = ["user", *EVENTS, "digest"]
    list_filter = ["has_digest", *EVENTS]
    list_select_related = ["user"]
    list_per_page = 50
    ordering = ["user__username"]
    search_fields = ["user__username", "user__first_name", "user__last_name", "user__email"]
    search_help_text = "Name or e-mail"

    @admin.display(description="daily digest", ordering="digest_hour", empty_value="–")
    def digest(self, choices: NoticeChoices) -> str | None:
        return f"{choices.digest_hour}:00" if choices.has_digest else None

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["user"] if obj else []

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Those who have not chosen yet, and whom mails can be for."""
        kwargs["queryset"] = User.objects.filter(
            is_staff=True, is_active=True, notice_choices=None
        ).order_by("username")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who may change others' choices may make the first ones for them."""
        return self.has_change_permission(request)
