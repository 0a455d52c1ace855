"""The media library on the desk: what there is, what it shows, where it is used."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from config import pictures
from config.flat_lists import FlatList
from config.models import Picture
from config.pictures import InUse, Use


class PictureAddForm(forms.ModelForm):
    upload = forms.FileField(
        label="Picture",
        help_text="PNG, JPEG, WebP or GIF, at most 10 MB. Of an animation the first picture is "
        "kept. What a camera noted, such as the place, is removed.",
    )

    class Meta:
        model = Picture
        fields = ["alt"]

    def clean_upload(self) -> UploadedFile:
        upload: UploadedFile = self.cleaned_data["upload"]
        self.versions = pictures.prepared(upload)
        return upload


class UseFilter(admin.SimpleListFilter):
    title = "use"
    parameter_name = "use"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("unused", "Unused"), ("used", "Used")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Picture]) -> QuerySet[Picture]:
        if self.value() == "unused":
            return pictures.unused(queryset)
        if self.value() == "used":
            return queryset.exclude(
                pk__in=pictures.unused(Picture.objects.order_by()).values("pk")
            )
        return queryset


class DescriptionFilter(admin.SimpleListFilter):
    title = "alternative text"
    parameter_name = "alt"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("missing", "Missing"), ("given", "Given")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Picture]) -> QuerySet[Picture]:
        if self.value() == "missing":
            return queryset.filter(alt="")
        if self.value() == "given":
            return queryset.exclude(alt="")
        return queryset


class PictureList(ChangeList):
    """A page of pictures, with the places of all of them looked up at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        found = pictures.uses([row.path for row in rows])
        for row in rows:
            row.places = found.get(row.path, [])
        self.result_list = rows


class PictureAdmin(FlatList):
    list_display = ["thumbnail", "name", "alt", "size", "uploaded_by", "uploaded_at", "used_in"]
    list_display_links = ["thumbnail", "name"]
    list_filter = [UseFilter, DescriptionFilter]
    list_select_related = ["uploaded_by"]
    list_per_page = 50
    search_fields = ["name", "alt", "path"]
    search_help_text = "Words of the name or of the alternative text"
    add_form = PictureAddForm
    readonly_fields = ["preview", "places", "markdown", "size", "uploaded_by", "uploaded_at"]
    fieldsets = [
        (None, {"fields": ["preview", "name", "alt"]}),
        ("Use", {"fields": ["places", "markdown"]}),
        ("File", {"fields": ["size", "uploaded_by", "uploaded_at"]}),
    ]

    class Media:
        css = {"all": ["css/pictures.css"]}

    # What is shown ------------------------------------------------------------------------

    @admin.display(description="picture")
    def thumbnail(self, picture: Picture) -> SafeString:
        address = pictures.thumbnail(picture)
        return format_html(
            '<img class="picture-thumbnail" src="{}" alt="" loading="lazy">', address
        )

    @admin.display(description="picture")
    def preview(self, picture: Picture) -> SafeString:
        image = format_html(
            '<img class="picture-preview" src="{}" alt="{}" width="{}" height="{}">',
            pictures.shown_at(picture),
            picture.alt or "The picture itself",
            picture.width,
            picture.height,
        )
        return format_html('<a href="{}">{}</a>', pictures.shown_at(picture), image)

    @admin.display(description="size", ordering="width")
    def size(self, picture: Picture) -> str:
        return f"{picture.width}\u00a0×\u00a0{picture.height}"

    @admin.display(description="used in")
    def used_in(self, picture: Picture) -> SafeString | str:
        places: list[Use] = cast("Any", picture).places
        if not places:
            return format_html('<span class="state">{}</span>', "Unused")
        return "1 place" if len(places) == 1 else f"{len(places)} places"

    @admin.display(description="used in")
    def places(self, picture: Picture) -> SafeString | str:
        found = pictures.uses([picture.path]).get(picture.path)
        if not found:
            return "No text shows it. It can be deleted."
        links = format_html_join(
            "", '<li><a href="{}">{}</a></li>', [(u.url, u.label) for u in found]
        )
        return format_html('<ul class="picture-uses">{}</ul>', links)

    @admin.display(description="to show it in a text")
    def markdown(self, picture: Picture) -> SafeString:
        return format_html("<code>![{}]({})</code>", picture.alt, pictures.address(picture))

    # Adding -------------------------------------------------------------------------------

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs |= {"form": self.add_form, "fields": ["alt"]}
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return (
            super().get_fieldsets(request, obj) if obj else [(None, {"fields": ["upload", "alt"]})]
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_readonly_fields(request, obj) if obj else []

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Picture:
        picture = super().save_form(request, form, change)
        if change:
            return picture
        name = form.cleaned_data["upload"].name
        by = cast("User", request.user)
        return pictures.store(form.versions, name=name, by=by, alt=picture.alt)

    def save_model(self, request: HttpRequest, obj: Picture, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=["name", "alt"])

    # Deleting -----------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PictureList

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What both pages that ask "are you sure" begin with. Raises InUse."""
        found = pictures.uses([picture.path for picture in objs])
        if found:
            raise InUse({p: found[p.path] for p in objs if p.path in found})
        return super().get_deleted_objects(objs, request)

    def delete_model(self, request: HttpRequest, obj: Picture) -> None:
        pictures.delete([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Picture]) -> None:
        pictures.delete(queryset)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except InUse as refusal:
            messages.error(request, str(refusal))
            return redirect("admin:config_picture_change", object_id)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        try:
            return super().changelist_view(request, extra_context)
        except InUse as refusal:
            messages.error(request, str(refusal))
            return redirect(request.get_full_path())
