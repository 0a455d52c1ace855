from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import import_string


class LeadsConfig(AppConfig):
    name = "leads"

    def ready(self) -> None:
        # The one signal of the house: Anymail says by no other way what its webhook heard, and
        # it is an optional package that is imported only where a mail service is used.
        if settings.MAIL_SERVICE_VIEW:
            tracking = import_string("anymail.signals.tracking")
            tracking.connect(import_string("leads.bounces.heard"), dispatch_uid="bounces")
