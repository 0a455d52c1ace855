from django.urls import path

from config.http import public_page
from glossary import guide_twins, guide_views, search_views, share_views, twins, views, voice_views
from glossary.feeds import EntryFeed

or_twin = guide_twins.or_twin

app_name = "glossary"
urlpatterns = [
    path("glossary/", views.entry_index, name="index"),
    path("glossary/letter/<str:letter>/", views.letter_detail, name="letter"),
    path("glossary/<address:slug>.md", twins.entry_markdown, name="entry_markdown"),
    path("glossary/<address:slug>/", views.entry_detail, name="entry"),
    path("glossary/<address:slug>/card/", views.entry_card, name="card"),
    path("glossary/<address:slug>/mentions/", views.mention_list, name="mentions"),
    path("glossary/<address:slug>/helpful/", voice_views.helpful, name="helpful"),
    path("drafts/<str:token>/", share_views.draft, name="draft"),
    path("suggest/", voice_views.suggest_term, name="suggest_term"),
    path("suggest/thanks/", voice_views.thanks, name="thanks"),
    path("compare/", guide_views.comparison_list, name="comparisons"),
    path("compare/<address:pair>.md", guide_twins.comparison_markdown, name="comparison_markdown"),
    path("compare/<address:pair>/", or_twin(guide_views.comparison_detail), name="comparison"),
    path("paths/", guide_views.path_list, name="paths"),
    path("paths/<address:slug>.md", guide_twins.path_markdown, name="path_markdown"),
    path("paths/<address:slug>/", or_twin(guide_views.path_detail), name="path"),
    path("topics/", views.topic_list, name="topics"),
    path("topics/<address:slug>.md", guide_twins.topic_markdown, name="topic_markdown"),
    path("topics/<address:slug>/", or_twin(views.topic_detail), name="topic"),
    path("search/", search_views.search, name="search"),
    path("search/suggest/", search_views.suggest, name="suggest"),
    path("search/heard/", search_views.heard, name="heard"),
    path("search/missed/", search_views.missed, name="missed"),
    path("feed/", public_page(EntryFeed()), name="feed"),
    path("llms.txt", twins.llms, name="llms"),
]
