"""What is wrong with the settings, shown on the assets that need them as soon as these load."""

from collections.abc import Iterable

import dagster as dg

from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.settings import (
    BriefSettings,
    LocalSettings,
    PublishSettings,
    Settings,
    SettingsError,
)


def with_problems(
    pipeline: Pipeline, assets: Iterable[dg.AssetsDefinition]
) -> Iterable[dg.AssetsDefinition]:
    """Give the assets, with the problem put first and tagged where settings cannot be used.

    What comes from Mews needs all settings, the brief and the targets their own, the others those
    of this machine.
    """
    local, of_mews = _problem(pipeline, LocalSettings), _problem(pipeline, Settings)
    own = {
        pipeline.key("publish", "brief"): _problem(pipeline, BriefSettings),
        pipeline.key("publish", "targets"): _problem(pipeline, PublishSettings) or local,
    }

    def marked(spec: dg.AssetSpec) -> dg.AssetSpec:
        problem = of_mews if spec.group_name == pipeline.group("mews") else local
        problem = own.get(spec.key, problem)
        if problem is None:
            return spec
        return spec.replace_attributes(
            description=f"{problem} Then reload the definitions.\n\n{spec.description}",
            tags={**spec.tags, "settings": "cannot_be_used"},
        )

    return dg.map_asset_specs(marked, assets)


def _problem(pipeline: Pipeline, kind: type[LocalSettings] | type[PublishSettings]) -> str | None:
    try:
        pipeline.load(kind)
    except SettingsError as error:
        return str(error)
    return None
