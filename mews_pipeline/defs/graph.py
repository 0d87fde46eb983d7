"""The assets of a pipeline and their checks, from Mews to what is published."""

from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg

from mews_pipeline.defs import assets, brief, checks, dbt, dbt_project, publish, targets
from mews_pipeline.defs.pipeline import Pipeline, Stage


@dataclass(frozen=True)
class Graph:
    """The assets by what they do, and the health checks of what landed."""

    updates: dg.AssetsDefinition
    reference: dg.AssetsDefinition
    snapshots: dg.AssetsDefinition
    models: dg.AssetsDefinition
    analytics: dg.AssetsDefinition
    report: dg.AssetsDefinition
    # Where MEWS_PUBLISH names any
    targets: Sequence[dg.AssetsDefinition]
    exports: dg.AssetsDefinition
    brief: dg.AssetsDefinition
    health: dg.AssetChecksDefinition
    build: Stage

    @property
    def assets(self) -> Sequence[dg.AssetsDefinition]:
        """All assets, in the order of the flow."""
        return (*self.whole_chain, *self.briefed)

    @property
    def whole_chain(self) -> Sequence[dg.AssetsDefinition]:
        """All that is made of what Mews has; nothing of it sends a message."""
        return (self.updates, self.reference, self.snapshots, *self.refreshed, *self.exported)

    @property
    def refreshed(self) -> Sequence[dg.AssetsDefinition]:
        """What a refresh makes of the updates."""
        models, published = (self.models,), (self.analytics, self.report, *self.targets)
        return {"raw": (), "models": models, "publish": (*models, *published)}[self.build]

    @property
    def exported(self) -> Sequence[dg.AssetsDefinition]:
        """What is made nightly besides."""
        return (self.exports,) if self.build == "publish" else ()

    @property
    def briefed(self) -> Sequence[dg.AssetsDefinition]:
        """What is sent in the morning."""
        return (self.brief,) if self.build == "publish" else ()


def graph(pipeline: Pipeline) -> Graph:
    """Make the assets; parses the dbt project where its manifest is missing or of other content."""
    project = dbt_project.project(pipeline.settings.state)
    manifest = dbt_project.manifest_of(project, dbt.environment(pipeline, pipeline.settings))
    models = dbt.models(pipeline, project, manifest)
    return Graph(
        updates=assets.updates(pipeline, manifest),
        reference=assets.reference(pipeline, manifest),
        snapshots=assets.snapshots(pipeline, manifest),
        models=models,
        analytics=publish.analytics(pipeline, dbt.last_built_key(pipeline)),
        report=publish.report(pipeline),
        targets=[targets.targets(pipeline)] if targets.are_named(pipeline) else [],
        exports=publish.exports(pipeline),
        brief=brief.brief(pipeline),
        health=checks.health(pipeline),
        build=pipeline.build,
    )
