"""What one mounted pipeline is called, and which settings it reads."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeAlias, TypeVar

import dagster as dg

from mews_pipeline.defs.partitions import Partitions
from mews_pipeline.environment import PREFIX
from mews_pipeline.settings import LocalSettings, PublishSettings, load, load_or_default

Kind = TypeVar("Kind", bound=LocalSettings | PublishSettings)
# Not the one inside of a longer prefix, which names its variables already
_VARIABLE = re.compile(rf"(?<![A-Z0-9_]){PREFIX}(?=[A-Z])")
# How far a pipeline goes: raw tables, the models on them, or the published copy and what follows
Stage: TypeAlias = Literal["raw", "models", "publish"]


@dataclass(frozen=True)
class Pipeline:
    """One mounted pipeline: the settings its definitions depend on, and the names of these.

    Dagster wants every name of a code location to be unique, so two pipelines in one location need
    two prefixes. Without a prefix the names are the plain ones. `given` are settings that the
    mounting project fixes; the others are variables that begin with `env_prefix`. With
    `has_demo` the sandbox takes the place of Mews while no token is set.
    """

    # Settings that cannot be used fail the steps that need them, not the loading of definitions
    settings: LocalSettings = field(default_factory=lambda: load_or_default(LocalSettings))
    key_prefix: tuple[str, ...] = ()
    group_prefix: str = ""
    env_prefix: str = PREFIX
    given: Mapping[str, Any] = field(default_factory=dict)
    build: Stage = "publish"
    has_demo: bool = False

    def name(self, plain: str) -> str:
        """Name a job, schedule, sensor, op or resource."""
        return "__".join([*self.key_prefix, plain])

    def key(self, *path: str) -> dg.AssetKey:
        """Give the key of an asset."""
        return dg.AssetKey([*self.key_prefix, *path])

    def group(self, plain: str) -> str:
        """Name an asset group."""
        return self.group_prefix + plain

    def named(self, text: str) -> str:
        """Name the variables of this pipeline in a text that names those of an instance alone."""
        return _VARIABLE.sub(self.env_prefix, text)

    def load(self, kind: type[Kind]) -> Kind:
        """Read the settings of this moment, in a step or a tick. Raises SettingsError."""
        given = {name: value for name, value in self.given.items() if name in kind.model_fields}
        return load(kind, self.env_prefix, **given)

    @cached_property
    def partitions(self) -> Partitions:
        """How updates are partitioned."""
        return Partitions(self.settings.start_date, self.settings.token_groups)
