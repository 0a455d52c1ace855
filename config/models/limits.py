"""How often something was done by somebody, in rows that count right across processes."""

from django.db import models


class LimitCounter(models.Model):
    """How often a key acted since its window began; `config.limits` writes it."""

    key = models.CharField(max_length=64, unique=True)
    """A keyed hash: nobody reads an address or a network out of it."""
    times = models.PositiveIntegerField(default=0)
    ends_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["ends_at"], name="limit_counter_age")]

    def __str__(self) -> str:
        return f"{self.times} until {self.ends_at:%Y-%m-%d %H:%M}"


class SpentSolution(models.Model):
    """A puzzle's solution that was used: it opens nothing twice."""

    digest = models.CharField(max_length=64, unique=True)
    ends_at = models.DateTimeField()
    """When the puzzle has expired anyway, and the row can go."""

    class Meta:
        indexes = [models.Index(fields=["ends_at"], name="spent_solution_age")]

    def __str__(self) -> str:
        return self.digest
