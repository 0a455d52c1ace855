from django.urls import path

from leads import views

app_name = "leads"
urlpatterns = [
    path("consultation/", views.consultation, name="consultation"),
    path("consultation/thanks/", views.thanks, name="thanks"),
    path("consultation/<address:slug>/", views.consultation, name="offer"),
]
