from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ConfigAppConfig(AppConfig):
    name = "config"
    verbose_name = "Site"

    def ready(self) -> None:
        autodiscover_modules("deploy_checks")
