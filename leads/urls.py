from django.urls import path

from leads import (
    booking_views,
    consent_views,
    invitation_views,
    move_views,
    subscription_views,
    views,
)

app_name = "leads"
urlpatterns = [
    path("consultation/", views.consultation, name="consultation"),
    path("consultation/thanks/", views.thanks, name="thanks"),
    path("consultation/<address:slug>/", views.consultation, name="offer"),
    path("consultation/booking/<str:token>/", booking_views.booking, name="booking"),
    path("consultation/booking/<str:token>/move/", move_views.booking_move, name="booking_move"),
    path(
        "consultation/booking/<str:token>/cancel/",
        booking_views.booking_cancel,
        name="booking_cancel",
    ),
    path(
        "consultation/booking/<str:token>/verify/<str:code>/",
        booking_views.booking_verify,
        name="booking_verify",
    ),
    path(
        "consultation/booking/<str:token>/invite.ics",
        invitation_views.booking_ics,
        name="booking_ics",
    ),
    path("consultation/consent/<str:token>/", consent_views.consent, name="consent"),
    path(
        "consultation/consent/<str:token>/erase/",
        consent_views.consent_erase,
        name="consent_erase",
    ),
    path(
        "consultation/calendar/<str:token>.ics",
        subscription_views.subscription,
        name="subscription",
    ),
]
