from django.urls import path

from config.http import public_page
from glossary import views
from glossary.feeds import EntryFeed

app_name = "glossary"
urlpatterns = [
    path("glossary/", views.entry_index, name="index"),
    path("glossary/letter/<str:letter>/", views.letter_detail, name="letter"),
    path("glossary/<address:slug>/", views.entry_detail, name="entry"),
    path("topics/", views.topic_list, name="topics"),
    path("topics/<address:slug>/", views.topic_detail, name="topic"),
    path("search/", views.search, name="search"),
    path("feed/", public_page(EntryFeed()), name="feed"),
]
