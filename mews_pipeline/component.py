"""A Dagster component: this pipeline, mounted in any project, once or several times.

`dg` imports this module for each command, so nothing here reads settings or parses the dbt project
before `build_defs`.
"""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import dagster as dg
from pydantic import Field

from mews_pipeline.collector import no_collections
from mews_pipeline.environment import PREFIX
from mews_pipeline.errors import PipelineError

if TYPE_CHECKING:
    from mews_pipeline.defs.pipeline import Pipeline


class MountError(PipelineError):
    """The pipeline cannot be mounted like this; the message says why."""


class _Scaffolder(dg.Scaffolder[Any]):
    """Writes a defs.yaml that works as it is."""

    def scaffold(self, request: dg.ScaffoldRequest[Any]) -> None:
        """Name everything after the folder, so that a second instance does not collide."""
        name = request.target_path.name
        attributes = {
            "env_prefix": PREFIX,
            "key_prefix": [name],
            "group_prefix": f"{name}_",
            "state_folder": f"data/{name}",
        }
        dg.scaffold_component(request, attributes)


@dg.scaffold_with(_Scaffolder)
class MewsPipelineComponent(dg.Component, dg.Resolvable, dg.Model):
    """Reservations and product service orders of Mews in DuckDB, and the dbt models on them.

    Settings are environment variables (the package's README lists them), so no attribute holds a
    secret. It sets no executor: a code location has one, and in_process_executor fits best, since
    another loads the definitions again for each step.
    """

    env_prefix: str = Field(
        PREFIX,
        pattern="^[A-Z][A-Z0-9_]*_$",
        description="What the environment variables of this instance begin with, instead of MEWS_.",
    )
    state_folder: str | None = Field(
        None,
        description="The folder of the warehouse, the published copy and dbt's files, unless "
        "variables name others.",
    )
    key_prefix: list[str] = Field(
        [], description="Put before every asset key and every name that Dagster shows."
    )
    group_prefix: str = Field("", description="Put before every asset group.")
    token_groups: int | None = Field(
        None,
        ge=1,
        le=1000,
        description="The number of groups of access tokens, each fetched by runs of its own.",
    )
    schedules: bool = Field(
        default=True,
        description="Whether schedules are defined, and sensors for missing days and the brief.",
    )
    build: Literal["raw", "models", "publish"] = Field(
        "publish", description="How far it goes: raw, models or publish."
    )

    @property
    def named(self) -> str:
        """What tells it from other instances, for messages."""
        return f"key_prefix {'/'.join(self.key_prefix) or '(none)'} with {self.env_prefix}*"

    @classmethod
    def get_spec(cls) -> dg.ComponentTypeSpec:
        """Describe the component for `dg list components` and `dg docs`."""
        return dg.ComponentTypeSpec(
            description=cls.__doc__, tags=["mews", "hotel", "dbt", "duckdb", "polars"]
        )

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """Define this instance. Raises MountError where two instances have one prefix."""
        _check_apart(context.component_tree.get_all_components(of_type=MewsPipelineComponent))
        return self.definitions(context.project_root)

    def definitions(self, root: Path) -> dg.Definitions:
        """Define this instance, with a relative state folder in that of the project."""
        # dagster-dbt takes a second to import, which a dg command need not wait for
        with no_collections():
            from mews_pipeline.defs.location import definitions_of  # noqa: PLC0415

            return definitions_of(self.pipeline(root), is_scheduled=self.schedules)

    def pipeline(self, root: Path, *, has_demo: bool = False) -> "Pipeline":
        """Return what this instance is called and which settings it reads.

        With `has_demo` the sandbox takes the place of Mews while no token is set.
        """
        from mews_pipeline.defs.pipeline import Pipeline  # noqa: PLC0415
        from mews_pipeline.settings import LocalSettings, load_or_default  # noqa: PLC0415

        given = self._given(root)
        return Pipeline(
            load_or_default(LocalSettings, self.env_prefix, **given),
            key_prefix=tuple(self.key_prefix),
            group_prefix=self.group_prefix,
            env_prefix=self.env_prefix,
            given=given,
            build=self.build,
            has_demo=has_demo,
        )

    def _given(self, root: Path) -> dict[str, Any]:
        """Return the settings that this instance's attributes fix."""
        from mews_pipeline.settings import LocalSettings, load_or_default  # noqa: PLC0415

        given: dict[str, Any] = {"token_groups": self.token_groups} if self.token_groups else {}
        folder = self.state_folder or (self.key_prefix and "data/" + "_".join(self.key_prefix))
        if not folder:
            return given
        places = {"warehouse": str(root / folder / "warehouse.duckdb"), "state": root / folder}
        named = load_or_default(LocalSettings, self.env_prefix).model_fields_set
        return given | {name: place for name, place in places.items() if name not in named}


def _check_apart(instances: Sequence[MewsPipelineComponent]) -> None:
    """Raise MountError where Dagster, or the variables, could not tell two instances apart."""
    for one, other in combinations(instances, 2):
        for what in ("key_prefix", "env_prefix"):
            if getattr(one, what) == getattr(other, what):
                raise MountError(
                    f"Two instances of MewsPipelineComponent have the same {what}: {one.named} and "
                    f"{other.named}. Give each its own, in its defs.yaml."
                )
