"""Imports that were started in the admin, done by the worker slice by slice.

A slice is one outbox message, so that mails do not wait for a long import. A
worker that dies leaves its slice to the next one, which begins where the last
finished slice ended: what was stored since is found unchanged.
"""

import time
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from config import outbox, site
from config.models import OutboxMessage
from glossary.importing.opening import Wishes, kind_of, reader_of_file
from glossary.importing.report import Report
from glossary.importing.sources import BrokenSource
from glossary.importing.storing import Import, Options
from glossary.models import ImportRun

SLICE_SECONDS = 60.0
KEEP_UPLOADS = timedelta(days=14)
UNDER_WAY = (ImportRun.State.WAITING, ImportRun.State.RUNNING)


def start(
    upload: UploadedFile, *, by: User | None, now: datetime | None = None, **options: Any
) -> ImportRun:
    """Keep `upload` and let the worker find out what importing it would do.

    `options` are fields of the run. Raises BrokenSource for what is no source.
    """
    now, kind = now or timezone.now(), kind_of(upload)
    name = (upload.name or "upload").rpartition("/")[2][-200:]
    run = ImportRun(name=name, format=kind, created_by=by, created_at=now, **options)
    with transaction.atomic():
        run.file.save(name, upload, save=False)
        run.save()
        _enqueue(run)
    return run


@transaction.atomic
def carry_out(run: ImportRun) -> bool:
    """Do what a finished trial announced; return False if it was done already."""
    trials = ImportRun.objects.filter(pk=run.pk, is_trial=True, state=ImportRun.State.DONE)
    changes = {"is_trial": False, "state": ImportRun.State.WAITING, "done": 0, "report": {}}
    if not trials.update(**changes, finished_at=None, step=run.step + 1):
        return False
    run.refresh_from_db()
    _enqueue(run)
    return True


@transaction.atomic
def resume(run: ImportRun) -> bool:
    """Let the worker go on with a run that stopped; return False if there is nothing to do."""
    stopped = ImportRun.objects.filter(pk=run.pk).exclude(state=ImportRun.State.DONE)
    if not run.file or not stopped.update(state=ImportRun.State.WAITING, step=run.step + 1):
        return False
    run.refresh_from_db()
    _enqueue(run)
    return True


def work(message: OutboxMessage) -> None:
    """Outbox handler: do one slice of the run that the message names, then ask for the next."""
    run = ImportRun.objects.filter(pk=message.payload["run"], state__in=UNDER_WAY).first()
    if run is None or run.step != message.payload["step"]:
        return
    try:
        _do_slice(run)
    except BrokenSource as error:
        place = f"line {error.line}: " if error.line else ""
        report = {**run.report, "error": f"{place}{error}"}
        _mine(run).update(state=ImportRun.State.FAILED, report=report, finished_at=timezone.now())


def tidy(now: datetime | None = None) -> None:
    """Delete uploads that nobody went on with: an export holds more than its entries."""
    old = ImportRun.objects.filter(created_at__lt=(now or timezone.now()) - KEEP_UPLOADS)
    for run in old.exclude(file=""):
        run.file.delete(save=False)
        ImportRun.objects.filter(pk=run.pk).update(file="")


def _do_slice(run: ImportRun) -> None:
    """Work for about a minute; note the progress after each batch, the report at the end."""
    ends_at = time.monotonic() + SLICE_SECONDS
    state = ImportRun.State.RUNNING
    _mine(run).update(state=state)
    with run.file.open("rb") as file:
        options = Options(run.publishes, run.overwrites, run.is_trial)
        report = Report.from_json(run.report)
        importing = Import(
            reader_of_file(file, name=run.name, kind=run.format, wishes=_wishes(run)),
            options,
            report=report,
        )
        done, is_finished = run.report.get("done", 0), True
        for step in importing.steps(start=done):
            done = step[0]
            if not _mine(run).update(done=done, total=step[1]):
                return
            if time.monotonic() > ends_at:
                is_finished = False
                break
    stored = {**report.as_json(), "done": min(done, importing.index.total)}
    _end_slice(run, stored, is_finished=is_finished)


def _end_slice(run: ImportRun, report: dict[str, Any], *, is_finished: bool) -> None:
    with transaction.atomic():
        changes: dict[str, Any] = {"report": report, "step": run.step + 1}
        if is_finished:
            changes |= {"state": ImportRun.State.DONE, "finished_at": timezone.now()}
        if not _mine(run).update(**changes):
            return
        run.step += 1
        if not is_finished:
            _enqueue(run)
    if is_finished and not run.is_trial:
        # What the export holds besides entries, such as commenters' addresses, is not kept.
        run.file.delete(save=False)
        ImportRun.objects.filter(pk=run.pk).update(file="")


def _wishes(run: ImportRun) -> Wishes:
    types = tuple(filter(None, map(str.strip, run.types.split(","))))
    return Wishes(types=types, downloads=run.downloads, zone=site.current().zone)


def _enqueue(run: ImportRun) -> None:
    outbox.enqueue("glossary.import_run", run=run.pk, step=run.step)


def _mine(run: ImportRun) -> Any:
    """The row, as long as no later message took the run over."""
    return ImportRun.objects.filter(pk=run.pk, step=run.step)
